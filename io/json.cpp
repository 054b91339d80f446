#include "io/json.h"

#include <cmath>

#include "core/error.h"
#include "io/json_origin.h"

namespace vitpose::engine {
namespace {

const char* name_of(Json::Type type) {
  switch (type) {
    case Json::Type::kNull: return "null";
    case Json::Type::kBool: return "a boolean";
    case Json::Type::kNumber: return "a number";
    case Json::Type::kString: return "a string";
    case Json::Type::kArray: return "an array";
    case Json::Type::kObject: return "an object";
  }
  return "?";
}

}  // namespace

Json::Type Json::type() const noexcept {
  constexpr Type kTypes[] = {Type::kNull,   Type::kBool,  Type::kNumber, Type::kNumber,
                             Type::kString, Type::kArray, Type::kObject};  // in the variant's order
  return kTypes[value_.index()];
}

std::string Json::path() const {
  return origin_ ? origin_->path(node_) : "JSON";
}

void Json::fail_type(const char* expected) const {
  fail(ErrorCode::kFormat, path(), ": expected ", expected, ", found ", name_of(type()));
}

bool Json::as_bool() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  fail_type("a boolean");
}

double Json::as_number() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  fail_type("a number");
}

std::int64_t Json::as_integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  const auto* value = std::get_if<double>(&value_);
  if (value == nullptr) fail_type("an integer");
  constexpr double kLargestExact = 9007199254740992.0;  // 2^53
  if (std::trunc(*value) != *value || std::abs(*value) > kLargestExact) {
    fail(ErrorCode::kFormat, path(), ": expected an integer, found ", *value);
  }
  return static_cast<std::int64_t>(*value);
}

const std::string& Json::as_string() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  fail_type("a string");
}

const std::vector<Json>& Json::as_array() const {
  if (const auto* value = std::get_if<std::vector<Json>>(&value_)) return *value;
  fail_type("an array");
}

const std::vector<std::pair<std::string, Json>>& Json::as_object() const {
  if (const auto* value = std::get_if<std::vector<std::pair<std::string, Json>>>(&value_)) return *value;
  fail_type("an object");
}

const Json* Json::find(std::string_view key) const {
  const auto* members = std::get_if<std::vector<std::pair<std::string, Json>>>(&value_);
  if (members == nullptr) return nullptr;
  for (const auto& [name, value] : *members) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  as_object();  // a value of another type is reported as such
  if (const Json* member = find(key)) return *member;
  fail(ErrorCode::kFormat, path(), ": '", key, "' is missing");
}

}  // namespace vitpose::engine

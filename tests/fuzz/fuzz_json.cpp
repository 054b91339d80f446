// Any bytes are JSON or an Error, and every value of accepted JSON has a path and one type.
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "io/json.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using vitpose::engine::Error;
using vitpose::engine::Json;

template <class Access>
int succeeds(Access&& access) {
  try {
    access();
    return 1;
  } catch (const Error&) {
    return 0;
  }
}

void visit(const Json& json) {
  const int types = succeeds([&] { json.as_bool(); }) + succeeds([&] { json.as_number(); }) +
                    succeeds([&] { json.as_string(); }) + succeeds([&] { json.as_array(); }) +
                    succeeds([&] { json.as_object(); }) + (json.is_null() ? 1 : 0);
  if (types != 1 || json.path().empty()) std::abort();
  succeeds([&] { json.as_integer(); });
  if (json.type() == Json::Type::kString) {
    if (Json::parse(vitpose::engine::json_quote(json.as_string()), "quoted").as_string() != json.as_string())
      std::abort();
  } else if (json.type() == Json::Type::kArray) {
    for (const Json& element : json.as_array()) visit(element);
  } else if (json.type() == Json::Type::kObject) {
    for (const auto& [key, value] : json.as_object()) {
      if (json.find(key) != &value) std::abort();
      visit(value);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  visit(Json::parse({reinterpret_cast<const char*>(data), size}, "fuzz"));
  return 0;
} catch (const Error&) {
  return 0;
}

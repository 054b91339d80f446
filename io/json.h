// A small read-only JSON value, parsed by nlohmann/json (only json*.cpp see that library).
// Untrusted input: depth and size are limited, every accessor checks the type and its error names the path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vitpose::engine {

class JsonOrigin;  // where the values of one document stand in it (json_origin.h)

class Json {
 public:
  enum class Type { kNull, kBool, kNumber, kString, kArray, kObject };
  enum class DuplicateKeys { kLastWins, kRefuse };
  static constexpr int kMaxDepth = 64;
  // Two bytes of text become a value of 64 bytes and more, so what needs few values should allow few.
  static constexpr std::size_t kMaxValues = std::size_t{1} << 25;        // the annotations of a large data set
  static constexpr std::size_t kMaxHeaderValues = std::size_t{1} << 18;  // configurations, headers of tensor files

  // `where` names the source in messages ("model/config.json"). Error kFormat with line and column.
  static Json parse(std::string_view text, const std::string& where,
                    DuplicateKeys duplicates = DuplicateKeys::kLastWins, std::size_t max_values = kMaxValues);

  Type type() const noexcept;
  bool is_null() const noexcept { return type() == Type::kNull; }
  // Typed access; Error kFormat naming the path of this value, what was expected and what was found.
  bool as_bool() const;
  double as_number() const;
  std::int64_t as_integer() const;  // a number without fraction within +-2^53, or any int64 literal
  const std::string& as_string() const;
  const std::vector<Json>& as_array() const;
  const std::vector<std::pair<std::string, Json>>& as_object() const;  // in file order, last duplicate wins

  const Json* find(std::string_view key) const;  // null when absent (or when this is not an object)
  const Json& at(std::string_view key) const;    // Error when absent

  // Path from the root for messages: "config.json: backbone_config.hidden_size".
  std::string path() const;

 private:
  friend class JsonBuilder;
  [[noreturn]] void fail_type(const char* expected) const;

  // integer and floating literals are kept apart so that int64 survives exactly
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Json>,
               std::vector<std::pair<std::string, Json>>>
      value_;
  std::shared_ptr<const JsonOrigin> origin_;  // shared by the whole document: a path is put together when asked for
  std::uint32_t node_ = 0;
};

std::string json_quote(std::string_view text);  // with quotes; invalid UTF-8 is replaced by U+FFFD

}  // namespace vitpose::engine

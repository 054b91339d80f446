#include "tools/vitpose/numbers.h"

#include <charconv>
#include <cmath>

namespace vitpose::tools {

namespace {

template <class Number>
std::string shortest(Number value) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, result.ptr);
}

}  // namespace

std::string to_text(double value) {
  return shortest(value);
}

std::string to_text(float value) {
  std::string text = shortest(value);
  // Reading as double rounds twice; where that goes wrong, the double's own digits do not.
  const std::optional<double> back = parse_number(text);
  if (back && std::isfinite(value) && static_cast<float>(*back) != value) text = shortest(static_cast<double>(value));
  return text;
}

std::string to_json(float value) {
  return std::isfinite(value) ? to_text(value) : "null";
}

std::string to_json(double value) {
  return std::isfinite(value) ? to_text(value) : "null";
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

}  // namespace vitpose::tools

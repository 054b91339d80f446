#include "io/excerpt.h"

#include <system_error>

namespace vitpose::engine {

std::string excerpt(std::string_view untrusted, std::size_t limit) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char character : untrusted.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte < 0x7f) {
      text += character;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  if (untrusted.size() > limit) text += "...";
  return text;
}

std::string system_message(int error_number) {
  return std::generic_category().message(error_number);  // unlike strerror, safe with threads
}

}  // namespace vitpose::engine

// Text from an untrusted file, made fit for a one-line message.
#pragma once

#include <string>
#include <string_view>

namespace vitpose::engine {

// At most `limit` bytes of `untrusted`; everything but printable ASCII becomes \xNN, a cut is marked by "...".
std::string excerpt(std::string_view untrusted, std::size_t limit = 80);

// What the operating system says about an errno value: "No space left on device".
std::string system_message(int error_number);

}  // namespace vitpose::engine

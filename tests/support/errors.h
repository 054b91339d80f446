// The Error that a call raises, and what it must say.
#pragma once

#include <doctest/doctest.h>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/error.h"

namespace vitpose::engine::testing {

struct Raised {
  bool any = false;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  bool has(std::string_view part) const { return message.find(part) != std::string::npos; }
};

// The Error that `call` raises; any other exception fails the test by itself.
template <class Call>
Raised raised_by(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return {true, error.code(), error.what()};
  }
  return {};
}

// One clear line, of that kind, that says these words.
inline void check_error(const Raised& raised, ErrorCode code, std::initializer_list<std::string_view> parts) {
  INFO("message: ", raised.message);
  CHECK(raised.any);
  CHECK(raised.code == code);
  CHECK(raised.message.find('\n') == std::string::npos);
  for (const std::string_view part : parts) {
    INFO("expected part: ", std::string(part));
    CHECK(raised.has(part));
  }
}

}  // namespace vitpose::engine::testing

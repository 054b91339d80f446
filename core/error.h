// The one exception type of the engine: a code for programs and a message for people.
//
// "The world is wrong" (a file, an image, a box, an option) is an Error whose message says what was
// looked at, what was expected and what was found. "We are wrong" (a broken precondition between two
// of our own functions) is an assert.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace vitpose::engine {

// The values are those of vitpose_status in include/vitpose/status.h (model/c_api_support.cpp asserts it).
enum class ErrorCode {
  kInvalidArgument = 1,  // an option, box, index or shape given by the caller
  kIo = 2,               // a file that cannot be opened, read or written
  kFormat = 3,           // a file whose content is malformed or not what was expected
  kUnsupported = 4,      // valid, but not something this build or this CPU can do
  kOutOfMemory = 5,
  kInternal = 6,
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

// fail(ErrorCode::kFormat, path, ": expected ", n, " bytes, found ", m)
template <class... Parts>
[[noreturn]] void fail(ErrorCode code, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(code, message.str());
}

}  // namespace vitpose::engine

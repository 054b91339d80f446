// What the tests of io/ share: a folder that vanishes, and the Error that a call raises.
#pragma once

#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace vitpose::engine {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vitpose-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  std::size_t count() const {
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++files;
    return files;
  }

 private:
  std::filesystem::path path_;
};

inline void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  REQUIRE(file.good());
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

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

}  // namespace vitpose::engine

#include "tools/vitpose/run/picture_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <glob.h>
#include <memory>
#include <system_error>

#include "core/error.h"

namespace vitpose::tools {

namespace {

namespace fs = std::filesystem;
using engine::ErrorCode;
using engine::fail;

constexpr const char* kExpected = ": expected pictures (.png, .jpg, .jpeg, .bmp), found none";

std::vector<std::string> sorted_or_fail(std::vector<std::string> found, const std::string& word) {
  if (found.empty()) fail(ErrorCode::kInvalidArgument, word, kExpected);
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> pictures_in_folder(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string path = entry->path().string();
    const std::string name = entry->path().filename().string();
    std::error_code ignored;  // what cannot be looked at is no folder; reading it tells why
    if (name.front() != '.' && is_picture_name(name) && !entry->is_directory(ignored)) found.push_back(path);
  }
  if (error) fail(ErrorCode::kIo, "cannot read folder '", folder, "': ", error.message());
  return sorted_or_fail(std::move(found), folder);
}

std::vector<std::string> pictures_like(const std::string& pattern) {
  glob_t matches{};
  const std::unique_ptr<glob_t, decltype(&::globfree)> freed(&matches, &::globfree);
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches) == GLOB_NOSPACE) throw std::bad_alloc();
  std::vector<std::string> found;
  for (std::size_t i = 0; i < matches.gl_pathc; ++i) {
    const std::string path = matches.gl_pathv[i];
    std::error_code ignored;
    if (is_picture_name(path) && !fs::is_directory(path, ignored)) found.push_back(path);
  }
  return sorted_or_fail(std::move(found), pattern);
}

std::vector<std::string> pictures_of(const std::string& word) {
  std::error_code ignored;
  if (fs::is_directory(word, ignored)) return pictures_in_folder(word);
  const bool is_pattern = word.find_first_of("*?[") != std::string::npos && !fs::exists(word, ignored);
  return is_pattern ? pictures_like(word) : std::vector<std::string>{word};
}

}  // namespace

bool is_picture_name(const std::string& path) {
  constexpr std::array<const char*, 4> kExtensions{".png", ".jpg", ".jpeg", ".bmp"};
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::vector<std::string> list_pictures(const std::vector<std::string>& words) {
  std::vector<std::string> paths;
  for (const std::string& word : words) {
    std::vector<std::string> found = pictures_of(word);
    paths.insert(paths.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return paths;
}

}  // namespace vitpose::tools

#include "tools/vitpose/run/drawing_place.h"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "tools/vitpose/run/picture_list.h"

namespace vitpose::tools {

namespace {

namespace fs = std::filesystem;
using engine::ErrorCode;
using engine::fail;

std::string drawing_name(const std::string& path) {
  fs::path name = fs::path(path).filename();
  const std::string extension = name.extension().string();
  const bool can_be_written = extension == ".png" || extension == ".jpg" || extension == ".jpeg";
  return can_be_written ? name.string() : name.replace_extension(".png").string();
}

// Before any work; whether it can be written shows when it is.
void require_drawing_file(const std::string& file) {
  const std::string extension = fs::path(file).extension().string();
  if (!is_picture_name(file) || extension == ".bmp" || extension == ".BMP") {
    fail(ErrorCode::kInvalidArgument, file, ": expected a file .png, .jpg or .jpeg for the drawing of one picture, or ",
         "a folder, which there is already or whose name ends with '/'");
  }
  std::error_code ignored;
  const fs::path folder = fs::path(file).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored)) {
    fail(ErrorCode::kIo, "cannot write '", file, "': there is no folder ", folder.string());
  }
}

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, "cannot make folder '", folder, "': ", error.message());
}

void require_other_file(const std::string& drawing, const std::string& picture) {
  std::error_code ignored;
  if (fs::equivalent(drawing, picture, ignored)) {
    fail(ErrorCode::kInvalidArgument, drawing, ": expected another place for the drawing than that of its picture");
  }
}

}  // namespace

DrawingPlace DrawingPlace::for_pictures(const std::string& output, const std::vector<std::string>& paths) {
  std::error_code ignored;
  if (paths.size() == 1 && !output.ends_with('/') && !fs::is_directory(output, ignored)) {
    require_other_file(output, paths.front());
    require_drawing_file(output);
    return {Kind::kFile, output};
  }
  make_folder(output);
  std::unordered_map<std::string, const std::string*> pictures;
  for (const std::string& path : paths) {
    const std::string name = drawing_name(path);
    const auto [found, is_new] = pictures.emplace(name, &path);
    if (!is_new && *found->second != path) {
      fail(ErrorCode::kInvalidArgument, (fs::path(output) / name).string(), ": is where ", *found->second, " and ",
           path, " would both be drawn");
    }
    require_other_file((fs::path(output) / name).string(), path);
  }
  return {Kind::kFolder, output};
}

DrawingPlace DrawingPlace::for_frames(const std::string& output) {
  if (output == "-") return {Kind::kStandardOutput, output};
  make_folder(output);
  return {Kind::kFolder, output};
}

std::string DrawingPlace::path_for(const ImageResult& image) const {
  if (kind_ == Kind::kFile) return output_;
  if (!image.frame) return (fs::path(output_) / drawing_name(image.path)).string();
  char name[40];
  std::snprintf(name, sizeof(name), "frame_%06lld.png", static_cast<long long>(*image.frame));
  return (fs::path(output_) / name).string();
}

}  // namespace vitpose::tools

#include "tools/vitpose/boxes_file.h"

#include <charconv>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "io/json.h"
#include "io/mapped_file.h"

namespace vitpose::tools {

namespace {

using engine::ErrorCode;
using engine::fail;
using engine::Json;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool is_end_of_path(const std::string& name, const std::string& path) {
  if (name.size() > path.size() || path.compare(path.size() - name.size(), name.size(), name) != 0) return false;
  return name.size() == path.size() || path[path.size() - name.size() - 1] == '/';
}

// Finds the pictures on the command line that an entry of the file means.
class Pictures {
 public:
  explicit Pictures(const std::vector<std::string>& paths) : paths_(paths) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      by_base_name_[base_name(paths[i])].push_back(i);
      if (const auto id = image_id_of(paths[i])) by_id_[*id].push_back(i);
    }
  }

  std::vector<std::size_t> named(const std::string& name, const Json& where) const {
    const auto found = by_base_name_.find(base_name(name));
    std::vector<std::size_t> result;
    if (found != by_base_name_.end()) {
      for (const std::size_t i : found->second) {
        if (is_end_of_path(name, paths_[i])) result.push_back(i);
      }
    }
    return require_one(std::move(result), where, "'" + name + "'");
  }

  std::vector<std::size_t> numbered(std::int64_t id, const Json& where) const {
    const auto found = by_id_.find(id);
    return require_one(found == by_id_.end() ? std::vector<std::size_t>() : found->second, where, std::to_string(id));
  }

 private:
  // One picture, which may have been given several times.
  std::vector<std::size_t> require_one(std::vector<std::size_t> found, const Json& where,
                                       const std::string& what) const {
    if (found.empty()) fail(ErrorCode::kInvalidArgument, where.path(), ": ", what, " is none of the pictures given");
    for (const std::size_t i : found) {
      if (paths_[i] != paths_[found.front()]) {
        fail(ErrorCode::kInvalidArgument, where.path(), ": ", what, " may be ", paths_[found.front()], " or ",
             paths_[i]);
      }
    }
    return found;
  }

  const std::vector<std::string>& paths_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_base_name_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> by_id_;
};

Subject parse_subject(const Json& entry) {
  const auto& bbox = entry.at("bbox").as_array();
  if (bbox.size() != 4) {
    fail(ErrorCode::kFormat, entry.at("bbox").path(), ": expected [x,y,w,h], found ", bbox.size(), " numbers");
  }
  Subject subject;
  subject.box = {bbox[0].as_number(), bbox[1].as_number(), bbox[2].as_number(), bbox[3].as_number()};
  if (const Json* score = entry.find("score")) subject.score = score->as_number();
  if (const Json* category = entry.find("category_id")) subject.category = category->as_integer();
  if (const Json* expert = entry.find("expert")) subject.expert = expert->as_integer();
  if (const Json* track = entry.find("track_id")) subject.track_id = track->as_integer();
  return subject;
}

// Collects the entries by picture or frame. A track is one subject, so it is in a picture once.
class Listing {
 public:
  void add(std::size_t image, const Json& entry) {
    const Subject subject = parse_subject(entry);
    if (subject.track_id && !tracks_.emplace(image, *subject.track_id).second) {
      fail(ErrorCode::kFormat, entry.at("track_id").path(), ": track ", *subject.track_id,
           " has a box in the same picture already");
    }
    ListedImage& listed = images_[image];
    listed.subjects.push_back(subject);
    if (const Json* id = entry.find("image_id")) listed.id = id->as_integer();
  }
  ListedImages take() { return std::move(images_); }

 private:
  ListedImages images_;
  std::set<std::pair<std::size_t, std::int64_t>> tracks_;
};

// The pictures that the dataset's `images` name, by image_id. Only those with boxes need to be on the command line.
using ImageNames = std::map<std::int64_t, const Json*>;

ImageNames read_image_names(const Json& root) {
  ImageNames names;
  if (const Json* images = root.find("images")) {
    for (const Json& image : images->as_array()) names[image.at("id").as_integer()] = &image.at("file_name");
  }
  return names;
}

std::vector<std::size_t> find_pictures(const Json& entry, const ImageNames& names, const Pictures& pictures) {
  if (const Json* name = entry.find("file_name")) return pictures.named(name->as_string(), *name);
  const Json* id = entry.find("image_id");
  if (id == nullptr) fail(ErrorCode::kFormat, entry.path(), ": expected file_name or image_id, found neither");
  const auto named = names.find(id->as_integer());
  if (named != names.end()) return pictures.named(named->second->as_string(), *named->second);
  return pictures.numbered(id->as_integer(), *id);
}

Json parse_file(const std::string& file) {
  return Json::parse(engine::read_text_file(file, kMaxFileBytes), file);
}

}  // namespace

std::optional<std::int64_t> image_id_of(const std::string& path) {
  const std::string name = base_name(path);
  const std::string stem = name.substr(0, name.find_last_of('.'));
  std::int64_t id = 0;
  const auto result = std::from_chars(stem.data(), stem.data() + stem.size(), id);
  if (result.ec != std::errc() || result.ptr != stem.data() + stem.size() || id < 0) return std::nullopt;
  return id;
}

ListedImages read_picture_boxes(const std::string& file, const std::vector<std::string>& paths) {
  const Json root = parse_file(file);
  const Json& entries = root.type() == Json::Type::kObject ? root.at("annotations") : root;
  const ImageNames names = read_image_names(root);
  const Pictures pictures(paths);
  Listing listing;
  for (const Json& entry : entries.as_array()) {
    for (const std::size_t image : find_pictures(entry, names, pictures)) listing.add(image, entry);
  }
  return listing.take();
}

ListedImages read_frame_boxes(const std::string& file) {
  const Json root = parse_file(file);
  Listing listing;
  for (const Json& entry : root.as_array()) {
    const Json& frame = entry.at("frame");
    if (frame.as_integer() < 0) {
      fail(ErrorCode::kFormat, frame.path(), ": expected a frame's number from 0, found ", frame.as_integer());
    }
    listing.add(static_cast<std::size_t>(frame.as_integer()), entry);
  }
  return listing.take();
}

}  // namespace vitpose::tools

#include "tools/vitpose/boxes_file.h"

#include <charconv>
#include <map>
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
  if (bbox.size() < 4) {
    fail(ErrorCode::kFormat, entry.at("bbox").path(), ": expected [x,y,w,h], found ", bbox.size(), " numbers");
  }
  Subject subject;
  subject.box = {bbox[0].as_number(), bbox[1].as_number(), bbox[2].as_number(), bbox[3].as_number()};
  if (const Json* score = entry.find("score")) subject.score = score->as_number();
  if (const Json* category = entry.find("category_id")) subject.category = category->as_integer();
  if (const Json* expert = entry.find("expert")) subject.expert = expert->as_integer();
  return subject;
}

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

}  // namespace

std::optional<std::int64_t> image_id_of(const std::string& path) {
  const std::string name = base_name(path);
  const std::string stem = name.substr(0, name.find_last_of('.'));
  std::int64_t id = 0;
  const auto result = std::from_chars(stem.data(), stem.data() + stem.size(), id);
  if (result.ec != std::errc() || result.ptr != stem.data() + stem.size() || id < 0) return std::nullopt;
  return id;
}

std::vector<ListedImage> read_boxes_file(const std::string& file, const std::vector<std::string>& paths) {
  const Json root = Json::parse(engine::read_text_file(file, kMaxFileBytes), file);
  const Json& entries = root.type() == Json::Type::kObject ? root.at("annotations") : root;
  const ImageNames names = read_image_names(root);
  const Pictures pictures(paths);
  std::vector<ListedImage> result(paths.size());
  for (const Json& entry : entries.as_array()) {
    const Subject subject = parse_subject(entry);
    const Json* id = entry.find("image_id");
    for (const std::size_t i : find_pictures(entry, names, pictures)) {
      result[i].subjects.push_back(subject);
      if (id != nullptr) result[i].id = id->as_integer();
    }
  }
  return result;
}

}  // namespace vitpose::tools

#include "tools/vitpose/pose_json.h"

#include <array>

#include "io/json.h"
#include "tools/vitpose/numbers.h"

namespace vitpose::tools {

namespace {

// [a,b,c] of what `to_string` makes of each item
template <class Items, class ItemToText>
std::string list(const Items& items, const ItemToText& to_string) {
  std::string text = "[";
  for (const auto& item : items) {
    if (text.size() > 1) text += ",";
    text += to_string(item);
  }
  return text + "]";
}

template <class Items>
std::string numbers(const Items& items) {
  return list(items, [](auto value) { return to_json(value); });
}

std::string pose_json(const Subject& subject, const Pose& pose) {
  const Box& box = subject.box;
  std::string text = "{\"box\":" + numbers(std::array<double, 4>{box.x, box.y, box.width, box.height});
  if (subject.track_id) text += ",\"track_id\":" + std::to_string(*subject.track_id);
  text += ",\"keypoints\":" + list(pose.keypoints, [](const Point& p) { return numbers(std::array{p.x, p.y}); });
  text += ",\"scores\":" + numbers(pose.scores);
  text += ",\"labels\":" + list(pose.labels, [](std::int64_t label) { return std::to_string(label); });
  return text + ",\"bbox\":" + numbers(pose.bbox) + "}";
}

std::string identity_json(const ImageResult& image) {
  return image.frame ? "\"frame\":" + std::to_string(*image.frame) : "\"path\":" + engine::json_quote(image.path);
}

}  // namespace

std::string image_json(const ImageResult& image) {
  std::string text = "{" + identity_json(image);
  if (image.width > 0) {
    text += ",\"width\":" + std::to_string(image.width) + ",\"height\":" + std::to_string(image.height);
  }
  text += ",\"poses\":[";
  for (std::size_t i = 0; i < image.poses.size(); ++i) {
    text += (i == 0 ? "" : ",") + pose_json(image.subjects[i], image.poses[i]);
  }
  return text + "]}";
}

std::string failure_json(const ImageResult& image, const std::string& error) {
  return "{" + identity_json(image) + ",\"error\":" + engine::json_quote(error) + "}";
}

std::string number_list(const std::vector<float>& items) {
  return numbers(items);
}

}  // namespace vitpose::tools

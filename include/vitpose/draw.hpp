// Keypoint sets and drawing in C++. Part of vitpose.hpp; keypoints.h and draw.h say what everything means.
//
//   auto picture = vitpose::Picture::read("photo.jpg");
//   auto poses = estimator.estimate(picture.image(), boxes);
//   vitpose::draw_poses(picture.canvas(), poses, boxes, {.keypoint_sets = {"coco17"}});
//   vitpose::write_picture("poses.png", picture.image());
#ifndef VITPOSE_DRAW_HPP
#define VITPOSE_DRAW_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vitpose/detail.hpp"
#include "vitpose/values.hpp"

namespace vitpose {

// All sets of keypoints that the library knows.
inline std::vector<KeypointSet> keypoint_sets() {
  std::vector<KeypointSet> sets;
  for (std::size_t i = 0; i < vitpose_keypoint_set_count(); ++i) {
    sets.push_back(detail::to_value(*vitpose_keypoint_set_get(i)));
  }
  return sets;
}

// Error naming the known sets when there is none of this name.
inline KeypointSet find_keypoint_set(const std::string& name) {
  const vitpose_keypoint_set* set = nullptr;
  detail::check(vitpose_keypoint_set_find(name.c_str(), &set));
  return detail::to_value(*set);
}

namespace detail {

// Poses in the C interface's types, looking into the caller's.
class PoseViews {
 public:
  explicit PoseViews(const std::vector<Pose>& poses) {
    for (const Pose& pose : poses) {
      if (pose.scores.size() != pose.keypoints.size() || pose.labels.size() != pose.keypoints.size()) {
        throw Error(ErrorCode::kInvalidArgument, "pose: expected as many scores and labels as keypoints (" +
                                                     std::to_string(pose.keypoints.size()) + "), found " +
                                                     std::to_string(pose.scores.size()) + " and " +
                                                     std::to_string(pose.labels.size()));
      }
      vitpose_pose view = {};
      view.keypoint_count = static_cast<std::int32_t>(pose.keypoints.size());
      view.keypoints = pose.keypoints.empty() ? nullptr : &pose.keypoints.front().x;
      view.scores = pose.scores.data();
      view.labels = pose.labels.data();
      views_.push_back(view);
    }
  }
  const vitpose_pose* data() const { return views_.data(); }
  std::size_t size() const { return views_.size(); }

 private:
  static_assert(sizeof(Point) == 2 * sizeof(float), "points are read as pairs of floats");
  std::vector<vitpose_pose> views_;
};

inline void check_box_count(const std::vector<Box>& boxes, std::size_t expected) {
  if (boxes.size() == expected) return;
  throw Error(ErrorCode::kInvalidArgument, "boxes: expected one for each of " + std::to_string(expected) + ", found " +
                                               std::to_string(boxes.size()));
}

}  // namespace detail

// Large subjects first. `boxes`: one per pose, or none.
inline void draw_poses(const Canvas& canvas, const std::vector<Pose>& poses, const std::vector<Box>& boxes,
                       const DrawOptions& options = {}) {
  if (!boxes.empty()) detail::check_box_count(boxes, poses.size());
  std::vector<const char*> sets;
  for (const std::string& set : options.keypoint_sets) sets.push_back(set.c_str());
  vitpose_draw_options draw_options;
  vitpose_draw_options_init(&draw_options);
  draw_options.keypoint_sets = sets.data();
  draw_options.keypoint_set_count = sets.size();
  draw_options.threshold = options.threshold;
  draw_options.radius = options.radius;
  draw_options.thickness = options.thickness;
  draw_options.keypoints = options.keypoints ? 1 : 0;
  draw_options.skeleton = options.skeleton ? 1 : 0;
  draw_options.boxes = options.boxes ? 1 : 0;
  draw_options.labels = static_cast<std::int32_t>(options.labels);
  draw_options.score_opacity = options.score_opacity ? 1 : 0;
  const detail::PoseViews views(poses);
  const std::vector<vitpose_box> pose_boxes = detail::to_c(boxes);
  const vitpose_canvas target = detail::to_c(canvas);
  detail::check(vitpose_draw_poses(&target, views.data(), views.size(), boxes.empty() ? nullptr : pose_boxes.data(),
                                   &draw_options));
}

// Heatmaps [N,K,h,w] over what their N boxes were cropped from.
inline void draw_heatmaps(const Canvas& canvas, const Tensor& heatmaps, const std::vector<Box>& boxes,
                          const DrawHeatmapOptions& options = {}) {
  detail::check_shape(heatmaps, "heatmaps",
                      {detail::kAnyExtent, detail::kAnyExtent, detail::kAnyExtent, detail::kAnyExtent});
  const auto extent = [&](std::size_t axis) { return static_cast<std::size_t>(heatmaps.shape[axis]); };
  detail::check_box_count(boxes, extent(0));
  vitpose_draw_heatmap_options draw_options;
  vitpose_draw_heatmap_options_init(&draw_options);
  draw_options.crop_height = options.crop_height;
  draw_options.crop_width = options.crop_width;
  draw_options.keypoint = options.keypoint.value_or(-1);
  draw_options.full_scale = options.full_scale;
  draw_options.opacity = options.opacity;
  const std::vector<vitpose_box> crop_boxes = detail::to_c(boxes);
  const vitpose_canvas target = detail::to_c(canvas);
  detail::check(vitpose_draw_heatmaps(&target, heatmaps.values.data(), heatmaps.values.size(), extent(0), extent(1),
                                      extent(2), extent(3), crop_boxes.data(), &draw_options));
}

}  // namespace vitpose
#endif  // VITPOSE_DRAW_HPP

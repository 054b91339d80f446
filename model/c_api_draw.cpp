// The C interface (include/vitpose/draw.h): poses and heatmaps into pictures.
#include <cmath>
#include <string>
#include <vector>

#include "draw/draw_heatmaps.h"
#include "draw/draw_poses.h"
#include "draw/paint.h"
#include "model/c_api_support.h"
#include "model/crop_geometry.h"
#include "model/keypoint_sets.h"

using namespace vitpose::engine;  // the functions themselves must be global

namespace {

constexpr double kLargestRadius = 1e5;  // px

Canvas checked_canvas(const vitpose_canvas* canvas) {
  require_pointer(canvas, "canvas");
  const ImageView view = to_engine(
      vitpose_image{canvas->data, canvas->width, canvas->height, canvas->row_stride, canvas->format}, "canvas");
  if (view.format == PixelFormat::kGray8) {
    fail(ErrorCode::kInvalidArgument, "canvas.format: expected a format with colours, found VITPOSE_GRAY8");
  }
  const ChannelOrder order = channel_order(view.format);
  return {canvas->data,      view.width, view.height, view.row_stride,
          order.pixel_bytes, order.red,  order.green, order.blue};
}

double require_between(const char* name, double value, double smallest, double largest) {
  if (!(value >= smallest && value <= largest)) {  // false for NaN
    fail(ErrorCode::kInvalidArgument, name, ": expected ", smallest, " to ", largest, ", found ", value);
  }
  return value;
}

DrawOptions to_engine_options(const vitpose_draw_options& options) {
  DrawOptions result;
  if (std::isnan(options.threshold)) fail(ErrorCode::kInvalidArgument, "threshold: expected a number, found nan");
  result.figure.threshold = options.threshold;
  result.figure.radius = require_between("radius", options.radius, 0, kLargestRadius);
  result.figure.thickness = require_between("thickness", options.thickness, 0, kLargestRadius);
  result.keypoints = options.keypoints != 0;
  result.skeleton = options.skeleton != 0;
  result.boxes = options.boxes != 0;
  result.score_opacity = options.score_opacity != 0;
  switch (options.labels) {
    case VITPOSE_LABELS_NONE: result.labels = Labels::kNone; break;
    case VITPOSE_LABELS_NAMES: result.labels = Labels::kNames; break;
    case VITPOSE_LABELS_INDICES: result.labels = Labels::kIndices; break;
    default: fail(ErrorCode::kInvalidArgument, "labels: expected a vitpose_labels, found ", options.labels);
  }
  return result;
}

// The set of each pose, or one for all; empty: none.
std::vector<const KeypointSet*> find_sets(const vitpose_draw_options& options, std::size_t poses) {
  const std::size_t count = options.keypoint_set_count;
  if (count > 0) require_pointer(options.keypoint_sets, "keypoint_sets");
  if (count > 1 && count != poses) {
    fail(ErrorCode::kInvalidArgument, "keypoint_sets: expected 1 or one per pose (", poses, "), found ", count);
  }
  std::vector<const KeypointSet*> sets;
  for (std::size_t i = 0; i < count; ++i) {
    require_pointer(options.keypoint_sets[i], ("keypoint_sets[" + std::to_string(i) + "]").c_str());
    sets.push_back(&find_keypoint_set(options.keypoint_sets[i]));
  }
  return sets;
}

Figure to_figure(const vitpose_pose& pose, std::size_t index, const KeypointSet* set) {
  if (pose.keypoint_count < 0) {
    fail(ErrorCode::kInvalidArgument, "pose ", index, ": expected keypoint_count of at least 0, found ",
         pose.keypoint_count);
  }
  const auto count = static_cast<std::size_t>(pose.keypoint_count);
  if (count > 0) {
    const std::string name = "pose " + std::to_string(index);
    require_pointer(pose.keypoints, (name + ".keypoints").c_str());
    require_pointer(pose.scores, (name + ".scores").c_str());
    require_pointer(pose.labels, (name + ".labels").c_str());
  }
  Figure figure;
  figure.keypoints = {pose.keypoints, 2 * count};
  figure.scores = {pose.scores, count};
  figure.labels = {pose.labels, count};
  figure.set = set;
  for (const std::int64_t label : figure.labels) {
    if (label >= 0 && (set == nullptr || label < static_cast<std::int64_t>(set->keypoint_names.size()))) continue;
    const std::string expected =
        set == nullptr ? "0 or more"
                       : "0 to " + std::to_string(set->keypoint_names.size() - 1) + " (" + std::string(set->name) + ")";
    fail(ErrorCode::kInvalidArgument, "pose ", index, ": expected labels of ", expected, ", found ", label);
  }
  return figure;
}

// Where decoding puts the positions of a heatmap (docs/numerics.md, section 4.6).
HeatmapPlacement placement(const Box& box, const vitpose_draw_heatmap_options& options, Index height, Index width) {
  const CropGeometry geometry = crop_geometry(box, options.crop_height, options.crop_width);
  const double region_width = geometry.scale_x * 200.0;
  const double region_height = geometry.scale_y * 200.0;
  HeatmapPlacement result;
  result.left = geometry.center_x - 0.5 * region_width;
  result.top = geometry.center_y - 0.5 * region_height;
  result.step_x = region_width / static_cast<double>(width > 1 ? width - 1 : 1);
  result.step_y = region_height / static_cast<double>(height > 1 ? height - 1 : 1);
  return result;
}

}  // namespace

extern "C" {

void vitpose_draw_options_init(vitpose_draw_options* options) {
  if (options == nullptr) return;
  const DrawOptions defaults;
  *options = {};
  options->struct_size = sizeof(*options);
  options->threshold = defaults.figure.threshold;
  options->keypoints = 1;
  options->skeleton = 1;
  options->score_opacity = 1;
}

vitpose_status vitpose_draw_poses(const vitpose_canvas* canvas, const vitpose_pose* poses, size_t pose_count,
                                  const vitpose_box* boxes, const vitpose_draw_options* options) {
  return guarded([&] {
    const Canvas target = checked_canvas(canvas);
    const vitpose_draw_options given = options_or_defaults(options, vitpose_draw_options_init, "options");
    const DrawOptions draw = to_engine_options(given);
    const std::vector<const KeypointSet*> sets = find_sets(given, pose_count);
    if (pose_count > 0) require_pointer(poses, "poses");
    if (pose_count > 0 && draw.boxes) require_pointer(boxes, "boxes");
    std::vector<Box> figure_boxes;
    for (std::size_t i = 0; boxes != nullptr && i < pose_count; ++i) {
      figure_boxes.push_back({boxes[i].x, boxes[i].y, boxes[i].width, boxes[i].height});
    }
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < pose_count; ++i) {
      figures.push_back(to_figure(poses[i], i, sets.empty() ? nullptr : sets[sets.size() == 1 ? 0 : i]));
      if (!figure_boxes.empty()) figures.back().box = &figure_boxes[i];
    }
    draw_poses(target, figures, draw);
  });
}

void vitpose_draw_heatmap_options_init(vitpose_draw_heatmap_options* options) {
  if (options == nullptr) return;
  const PreprocessConfig crop;
  const HeatmapStyle style;
  *options = {};
  options->struct_size = sizeof(*options);
  options->crop_height = static_cast<std::int32_t>(crop.height);
  options->crop_width = static_cast<std::int32_t>(crop.width);
  options->keypoint = style.keypoint;
  options->full_scale = style.full_scale;
  options->opacity = style.opacity;
}

vitpose_status vitpose_draw_heatmaps(const vitpose_canvas* canvas, const float* heatmaps, size_t heatmap_count,
                                     size_t n, size_t k, size_t h, size_t w, const vitpose_box* boxes,
                                     const vitpose_draw_heatmap_options* options) {
  return guarded([&] {
    const Canvas target = checked_canvas(canvas);
    const auto given = options_or_defaults(options, vitpose_draw_heatmap_options_init, "options");
    require_crop_size(given.crop_height, given.crop_width);
    const Shape shape = heatmap_shape(n, k, h, w);
    require_floats("heatmaps", shape, heatmap_count);
    if (n > 0) {
      require_pointer(heatmaps, "heatmaps");
      require_pointer(boxes, "boxes");
    }
    HeatmapStyle style;
    style.keypoint = given.keypoint;
    style.full_scale = require_between("full_scale", given.full_scale, 0, 1e30);
    style.opacity = require_between("opacity", given.opacity, 0, 1);
    if (style.keypoint < -1 || style.keypoint >= shape[1]) {
      fail(ErrorCode::kInvalidArgument, "keypoint: expected -1 (all) to ", shape[1] - 1, ", found ", style.keypoint);
    }
    const TensorView<const float> maps(heatmaps, shape);
    for (Index i = 0; i < shape[0]; ++i) {
      const Box box{boxes[i].x, boxes[i].y, boxes[i].width, boxes[i].height};
      draw_heatmap(target, maps[i], placement(box, given, shape[2], shape[3]), style);
    }
  });
}

}  // extern "C"

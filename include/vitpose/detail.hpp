// What vitpose.hpp is made of: values to and from the types of vitpose.h. Not for direct use.
#ifndef VITPOSE_DETAIL_HPP
#define VITPOSE_DETAIL_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vitpose/values.hpp"

namespace vitpose {

namespace detail {

inline void check(vitpose_status status) {
  if (status != VITPOSE_OK) throw Error(static_cast<ErrorCode>(status), vitpose_last_error());
}

struct PictureDeleter {
  void operator()(vitpose_picture* picture) const noexcept { vitpose_picture_free(picture); }
};
struct EstimatorDeleter {
  void operator()(vitpose_estimator* estimator) const noexcept { vitpose_estimator_free(estimator); }
};
struct PosesDeleter {
  void operator()(vitpose_poses* poses) const noexcept { vitpose_poses_free(poses); }
};
using PosesHandle = std::unique_ptr<vitpose_poses, PosesDeleter>;

// Values in the C interface's types. Texts stay the caller's.
inline vitpose_read_options to_c(const ReadOptions& options) {
  vitpose_read_options result;
  vitpose_read_options_init(&result);
  result.max_pixels = options.max_pixels;
  result.exif_orientation = options.exif_orientation ? 1 : 0;
  return result;
}
inline vitpose_load_options to_c(const LoadOptions& options) {
  vitpose_load_options result;
  vitpose_load_options_init(&result);
  result.backend = options.backend.empty() ? nullptr : options.backend.c_str();
  result.isa = options.isa.empty() ? nullptr : options.isa.c_str();
  result.threads = options.threads;
  result.use_mmap = options.use_mmap ? 1 : 0;
  result.numerics = static_cast<std::int32_t>(options.numerics);
  result.warp_matrix = static_cast<std::int32_t>(options.warp_matrix);
  result.hf_exact = options.hf_exact ? 1 : 0;
  result.dtype = static_cast<std::int32_t>(options.dtype);
  result.emulate = options.emulate ? 1 : 0;
  result.parallel = static_cast<std::int32_t>(options.parallel);
  result.float_parts = static_cast<std::int32_t>(options.float_parts);
  return result;
}
inline vitpose_image to_c(const ImageView& image) {
  return {image.data, image.width, image.height, image.row_stride, static_cast<std::int32_t>(image.format)};
}
inline vitpose_canvas to_c(const Canvas& canvas) {
  return {canvas.data, canvas.width, canvas.height, canvas.row_stride, static_cast<std::int32_t>(canvas.format)};
}
inline std::vector<vitpose_box> to_c(const std::vector<Box>& boxes) {
  std::vector<vitpose_box> result;
  result.reserve(boxes.size());
  for (const Box& box : boxes) result.push_back({box.x, box.y, box.width, box.height});
  return result;
}

// The arguments of a call in the C interface's types.
struct Input {
  std::vector<vitpose_image> images;
  std::vector<vitpose_box> boxes;
  std::vector<std::size_t> box_counts;

  void add(const ImageView& image, const std::vector<Box>& image_boxes) {
    images.push_back(to_c(image));
    box_counts.push_back(image_boxes.size());
    for (const Box& box : image_boxes) boxes.push_back({box.x, box.y, box.width, box.height});
  }
  static Input of(const ImageView& image, const std::vector<Box>& image_boxes) {
    Input input;
    input.add(image, image_boxes);
    return input;
  }
  static Input of(const std::vector<ImageBoxes>& many) {
    Input input;
    for (const ImageBoxes& one : many) input.add(one.image, one.boxes);
    return input;
  }
};

inline std::vector<Pose> take_poses(const PosesHandle& handle) {
  std::vector<Pose> result(vitpose_poses_count(handle.get()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const vitpose_pose from = vitpose_poses_get(handle.get(), i);
    const auto count = static_cast<std::size_t>(from.keypoint_count);
    Pose& to = result[i];
    to.image = static_cast<std::size_t>(from.image);
    to.keypoints.reserve(count);
    for (std::size_t k = 0; k < count; ++k) to.keypoints.push_back({from.keypoints[2 * k], from.keypoints[2 * k + 1]});
    to.scores.assign(from.scores, from.scores + count);
    to.labels.assign(from.labels, from.labels + count);
    to.bbox = {from.bbox[0], from.bbox[1], from.bbox[2], from.bbox[3]};
  }
  return result;
}

inline KeypointSet to_value(const vitpose_keypoint_set& from) {
  KeypointSet set;
  set.name = from.name;
  set.title = from.title;
  const auto rgb = [](const vitpose_rgb& colour) { return Rgb{colour.red, colour.green, colour.blue}; };
  for (std::int32_t k = 0; k < from.keypoint_count; ++k) {
    set.keypoint_names.emplace_back(from.keypoint_names[k]);
    set.mirror_index.push_back(from.mirror_index[k]);
    set.keypoint_colours.push_back(rgb(from.keypoint_colours[k]));
    if (from.sigmas != nullptr) set.sigmas.push_back(from.sigmas[k]);
  }
  for (std::int32_t e = 0; e < from.edge_count; ++e) {
    set.edges.push_back({from.edges[e].from, from.edges[e].to});
    set.edge_colours.push_back(rgb(from.edge_colours[e]));
  }
  return set;
}

inline constexpr std::int64_t kAnyExtent = -1;

template <class Extents>
std::string shape_text(const Extents& extents) {
  std::string text = "[";
  for (const std::int64_t extent : extents) {
    if (text.size() > 1) text += ",";
    text += extent == kAnyExtent ? "?" : std::to_string(extent);
  }
  text += "]";
  return text;
}

// Extents are not negative.
inline Tensor make_tensor(std::vector<std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) {
    const auto factor = static_cast<std::size_t>(extent);
    if (factor != 0 && count > std::vector<float>().max_size() / factor) {
      throw Error(ErrorCode::kOutOfMemory, "a tensor " + shape_text(shape) + " is larger than memory can be");
    }
    count *= factor;
  }
  return {std::move(shape), std::vector<float>(count)};
}

// Error unless `tensor` has these extents and as many values as they say.
inline void check_shape(const Tensor& tensor, const char* name, const std::array<std::int64_t, 4>& expected) {
  bool good = tensor.shape.size() == expected.size();
  std::size_t left = tensor.values.size();  // divided by one extent after the other, because a product may overflow
  bool fits = true;
  for (std::size_t axis = 0; good && axis < expected.size(); ++axis) {
    const std::int64_t extent = tensor.shape[axis];
    good = extent >= 0 && (expected[axis] == kAnyExtent || expected[axis] == extent);
    if (!good) break;
    if (extent == 0) {
      left = tensor.values.empty() ? 1 : 0;
      break;
    }
    fits = fits && left % static_cast<std::size_t>(extent) == 0;
    left /= static_cast<std::size_t>(extent);
  }
  if (!good) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string(name) + ": expected " + shape_text(expected) + ", found " + shape_text(tensor.shape));
  }
  if (!fits || left != 1) {
    throw Error(ErrorCode::kInvalidArgument, std::string(name) + ": expected the values of " +
                                                 shape_text(tensor.shape) + ", found " +
                                                 std::to_string(tensor.values.size()));
  }
}

inline Tensor preprocess(const PreprocessOptions& from, const Input& input) {
  vitpose_preprocess_options options;
  vitpose_preprocess_options_init(&options);
  options.crop_height = from.crop_height;
  options.crop_width = from.crop_width;
  options.rescale = from.rescale ? 1 : 0;
  options.rescale_factor = from.rescale_factor;
  options.normalize = from.normalize ? 1 : 0;
  for (std::size_t i = 0; i < 3; ++i) {
    options.mean[i] = from.mean[i];
    options.std[i] = from.std[i];
  }
  options.numerics = static_cast<std::int32_t>(from.numerics);
  options.warp_matrix = static_cast<std::int32_t>(from.warp_matrix);
  // A negative size makes an empty buffer here and the error message over there.
  Tensor pixel_values =
      make_tensor({static_cast<std::int64_t>(input.boxes.size()), 3, from.crop_height > 0 ? from.crop_height : 0,
                   from.crop_width > 0 ? from.crop_width : 0});
  check(vitpose_preprocess(&options, input.images.data(), input.images.size(), input.boxes.data(),
                           input.box_counts.data(), pixel_values.values.data(), pixel_values.values.size()));
  return pixel_values;
}

}  // namespace detail

}  // namespace vitpose
#endif  // VITPOSE_DETAIL_HPP

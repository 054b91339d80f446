// The C++ layer of vitpose.h: values, RAII and exceptions over the same binary interface. C++20.
//
//   auto estimator = vitpose::PoseEstimator::load("vitpose-base-simple");
//   auto picture = vitpose::Picture::read("photo.jpg");
//   for (const auto& pose : estimator.estimate(picture.image(), {{x, y, width, height}})) ...
//
// draw.hpp has the keypoint sets and the drawing. vitpose.h says what every function and option means; here are only
// their C++ shapes. Every failure is a vitpose::Error (or std::bad_alloc from the containers of this header). A
// PoseEstimator is immutable: any number of threads may use one at once.
#ifndef VITPOSE_VITPOSE_HPP
#define VITPOSE_VITPOSE_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitpose/detail.hpp"
#include "vitpose/draw.hpp"
#include "vitpose/values.hpp"

namespace vitpose {

inline std::string version() {
  return vitpose_version();
}

// ---- pictures ---------------------------------------------------------------------------------------------------

// A picture file in memory.
class Picture {
 public:
  static Picture read(const std::string& path, const ReadOptions& options = {}) {
    const vitpose_read_options read_options = detail::to_c(options);
    vitpose_picture* picture = nullptr;
    detail::check(vitpose_picture_read(path.c_str(), &read_options, &picture));
    return Picture(picture);
  }

  // From the bytes of such a file.
  static Picture read_memory(const void* bytes, std::size_t size, const ReadOptions& options = {}) {
    const vitpose_read_options read_options = detail::to_c(options);
    vitpose_picture* picture = nullptr;
    detail::check(vitpose_picture_read_memory(bytes, size, &read_options, &picture));
    return Picture(picture);
  }

  // Valid as long as the picture.
  ImageView image() const {
    const vitpose_image view = vitpose_picture_image(handle_.get());
    return {view.data, view.width, view.height, view.row_stride, static_cast<PixelFormat>(view.format)};
  }
  // The same pixels to draw into.
  Canvas canvas() {
    const vitpose_canvas view = vitpose_picture_canvas(handle_.get());
    return {view.data, view.width, view.height, view.row_stride, static_cast<PixelFormat>(view.format)};
  }

 private:
  explicit Picture(vitpose_picture* picture) : handle_(picture) {}
  std::unique_ptr<vitpose_picture, detail::PictureDeleter> handle_;
};

// As PNG or JPEG, whichever `path` ends in; complete or not at all.
inline void write_picture(const std::string& path, const ImageView& image, const WriteOptions& options = {}) {
  vitpose_write_options write_options;
  vitpose_write_options_init(&write_options);
  write_options.jpeg_quality = options.jpeg_quality;
  const vitpose_image view = detail::to_c(image);
  detail::check(vitpose_picture_write(path.c_str(), &view, &write_options));
}

// ---- the estimator ----------------------------------------------------------------------------------------------

using ModelInfo = vitpose_model_info;

// Move-only.
class PoseEstimator {
 public:
  static PoseEstimator load(const std::string& path, const LoadOptions& options = {}) {
    const vitpose_load_options load_options = detail::to_c(options);
    vitpose_estimator* estimator = nullptr;
    detail::check(vitpose_load(path.c_str(), &load_options, &estimator));
    return PoseEstimator(estimator);
  }

  // A file made by convert() in memory, which must stay as it is as long as the estimator.
  static PoseEstimator load_memory(const void* bytes, std::size_t size, const LoadOptions& options = {}) {
    const vitpose_load_options load_options = detail::to_c(options);
    vitpose_estimator* estimator = nullptr;
    detail::check(vitpose_load_memory(bytes, size, &load_options, &estimator));
    return PoseEstimator(estimator);
  }

  // One pose per box, in order.
  std::vector<Pose> estimate(const ImageView& image, const std::vector<Box>& boxes,
                             const EstimateOptions& options = {}) const {
    return estimate(detail::Input::of(image, boxes), options);
  }
  // All images in one call; Pose::image says which.
  std::vector<Pose> estimate(const std::vector<ImageBoxes>& images, const EstimateOptions& options = {}) const {
    return estimate(detail::Input::of(images), options);
  }

  // The stages. Boxes to pixel_values [N,3,H,W]:
  Tensor preprocess(const ImageView& image, const std::vector<Box>& boxes) const {
    return detail::preprocess(preprocess_options(), detail::Input::of(image, boxes));
  }
  Tensor preprocess(const std::vector<ImageBoxes>& images) const {
    return detail::preprocess(preprocess_options(), detail::Input::of(images));
  }

  // pixel_values to heatmaps [N,K,h,w]:
  Tensor forward(const Tensor& pixel_values, const ForwardOptions& options = {}) const;

  // Heatmaps and their boxes to poses:
  std::vector<Pose> decode(const Tensor& heatmaps, const std::vector<Box>& boxes) const;

  // What this model's stages use: its crop size, its normalisation and the numerics it was loaded with.
  PreprocessOptions preprocess_options() const;
  DecodeOptions decode_options() const;

  ModelInfo info() const { return vitpose_estimator_info(handle_.get()); }
  std::string backend() const { return vitpose_estimator_backend(handle_.get()); }
  DType dtype() const { return static_cast<DType>(vitpose_estimator_dtype(handle_.get())); }
  DType float_parts() const { return static_cast<DType>(vitpose_estimator_float_parts(handle_.get())); }
  std::string storage() const { return vitpose_estimator_storage(handle_.get()); }
  // The model's K keypoint names.
  std::vector<std::string> keypoint_names() const { return list(vitpose_estimator_keypoint_name); }
  // What the keypoints of an expert's poses are; nothing when no known set has K of them.
  std::optional<KeypointSet> keypoint_set(std::int64_t expert = 0) const {
    const vitpose_keypoint_set* set = vitpose_estimator_keypoint_set(handle_.get(), expert);
    if (set == nullptr) return std::nullopt;
    return detail::to_value(*set);
  }
  // Remarks about the model's files.
  std::vector<std::string> notes() const { return list(vitpose_estimator_note); }

 private:
  explicit PoseEstimator(vitpose_estimator* estimator) : handle_(estimator) {}

  std::vector<Pose> estimate(const detail::Input& input, const EstimateOptions& options) const {
    vitpose_estimate_options estimate_options;
    vitpose_estimate_options_init(&estimate_options);
    estimate_options.experts = options.experts.data();
    estimate_options.expert_count = options.experts.size();
    estimate_options.use_threshold = options.threshold ? 1 : 0;
    estimate_options.threshold = options.threshold.value_or(0);
    estimate_options.kernel_size = options.kernel_size;
    estimate_options.flip_test = options.flip_test ? 1 : 0;
    estimate_options.keypoint_set = options.keypoint_set.empty() ? nullptr : options.keypoint_set.c_str();
    estimate_options.batch = options.batch;
    vitpose_poses* poses = nullptr;
    detail::check(vitpose_estimate(handle_.get(), input.images.data(), input.images.size(), input.boxes.data(),
                                   input.box_counts.data(), &estimate_options, &poses));
    return detail::take_poses(detail::PosesHandle(poses));
  }

  std::vector<std::string> list(const char* (*get)(const vitpose_estimator*, std::int32_t)) const {
    std::vector<std::string> result;
    for (std::int32_t i = 0; const char* entry = get(handle_.get(), i); ++i) result.emplace_back(entry);
    return result;
  }

  std::unique_ptr<vitpose_estimator, detail::EstimatorDeleter> handle_;
};

// ---- without a model --------------------------------------------------------------------------------------------

// Boxes to pixel_values [N,3,H,W].
inline Tensor preprocess(const ImageView& image, const std::vector<Box>& boxes, const PreprocessOptions& options = {}) {
  return detail::preprocess(options, detail::Input::of(image, boxes));
}
inline Tensor preprocess(const std::vector<ImageBoxes>& images, const PreprocessOptions& options = {}) {
  return detail::preprocess(options, detail::Input::of(images));
}

// Heatmaps [N,K,h,w] and their N boxes to poses.
inline std::vector<Pose> decode(const Tensor& heatmaps, const std::vector<Box>& boxes,
                                const DecodeOptions& options = {}) {
  detail::check_shape(heatmaps, "heatmaps",
                      {detail::kAnyExtent, detail::kAnyExtent, detail::kAnyExtent, detail::kAnyExtent});
  const auto extent = [&](std::size_t axis) { return static_cast<std::size_t>(heatmaps.shape[axis]); };
  std::vector<vitpose_size> sizes;
  for (const Size& size : options.target_sizes) sizes.push_back({size.width, size.height});
  vitpose_decode_options decode_options;
  vitpose_decode_options_init(&decode_options);
  decode_options.crop_height = options.crop_height;
  decode_options.crop_width = options.crop_width;
  decode_options.use_threshold = options.threshold ? 1 : 0;
  decode_options.threshold = options.threshold.value_or(0);
  decode_options.kernel_size = options.kernel_size;
  decode_options.hf_exact = options.hf_exact ? 1 : 0;
  decode_options.target_sizes = sizes.data();
  decode_options.target_size_count = sizes.size();
  const detail::Input input = detail::Input::of(ImageView{}, boxes);
  vitpose_poses* poses = nullptr;
  detail::check(vitpose_decode(&decode_options, heatmaps.values.data(), extent(0), extent(1), extent(2), extent(3),
                               input.boxes.data(), input.boxes.size(), &poses));
  return detail::take_poses(detail::PosesHandle(poses));
}

// Writes a Hugging Face directory as one file that loads at once.
inline void convert(const std::string& source, const std::string& destination, const ConvertOptions& options = {}) {
  vitpose_convert_options convert_options;
  vitpose_convert_options_init(&convert_options);
  convert_options.storage = static_cast<std::int32_t>(options.storage);
  convert_options.expert = options.expert.value_or(-1);
  if (options.calibration != nullptr) {
    convert_options.calibration_pixel_values = options.calibration->values.data();
    convert_options.calibration_value_count = options.calibration->values.size();
    convert_options.calibration_experts = options.calibration_experts.data();
    convert_options.calibration_expert_count = options.calibration_experts.size();
  }
  detail::check(vitpose_convert(source.c_str(), destination.c_str(), &convert_options));
}

// ---- longer members of PoseEstimator ----------------------------------------------------------------------------

inline Tensor PoseEstimator::forward(const Tensor& pixel_values, const ForwardOptions& options) const {
  const ModelInfo model = info();
  detail::check_shape(pixel_values, "pixel_values", {detail::kAnyExtent, 3, model.crop_height, model.crop_width});
  const std::int64_t n = pixel_values.shape[0];
  const bool wants_states = options.hidden_states != nullptr;
  Tensor heatmaps = detail::make_tensor({n, model.keypoints, model.heatmap_height, model.heatmap_width});
  Tensor states;
  if (wants_states) states = detail::make_tensor({model.layers + 1, n, model.tokens, model.hidden_size});
  vitpose_forward_options forward_options;
  vitpose_forward_options_init(&forward_options);
  forward_options.experts = options.experts.data();
  forward_options.expert_count = options.experts.size();
  forward_options.flip_pairs = options.flip_pairs.empty() ? nullptr : options.flip_pairs.front().data();
  forward_options.flip_pair_count = options.flip_pairs.size();
  forward_options.hidden_states = wants_states ? states.values.data() : nullptr;
  forward_options.hidden_state_count = states.values.size();
  detail::check(vitpose_forward(handle_.get(), static_cast<std::size_t>(n), pixel_values.values.data(),
                                pixel_values.values.size(), &forward_options, heatmaps.values.data(),
                                heatmaps.values.size()));
  if (wants_states) *options.hidden_states = std::move(states);
  return heatmaps;
}

inline std::vector<Pose> PoseEstimator::decode(const Tensor& heatmaps, const std::vector<Box>& boxes) const {
  return vitpose::decode(heatmaps, boxes, decode_options());
}

inline PreprocessOptions PoseEstimator::preprocess_options() const {
  vitpose_preprocess_options from;
  vitpose_estimator_preprocess_options(handle_.get(), &from);
  return {.crop_height = from.crop_height,
          .crop_width = from.crop_width,
          .rescale = from.rescale != 0,
          .rescale_factor = from.rescale_factor,
          .normalize = from.normalize != 0,
          .mean = {from.mean[0], from.mean[1], from.mean[2]},
          .std = {from.std[0], from.std[1], from.std[2]},
          .numerics = static_cast<Numerics>(from.numerics),
          .warp_matrix = static_cast<WarpMatrix>(from.warp_matrix)};
}

inline DecodeOptions PoseEstimator::decode_options() const {
  vitpose_decode_options from;
  vitpose_estimator_decode_options(handle_.get(), &from);
  return {.crop_height = from.crop_height,
          .crop_width = from.crop_width,
          .kernel_size = from.kernel_size,
          .hf_exact = from.hf_exact != 0};
}

}  // namespace vitpose
#endif  // VITPOSE_VITPOSE_HPP

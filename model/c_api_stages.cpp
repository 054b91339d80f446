// The C interface (include/vitpose/vitpose.h): the three stages one by one, and model files.
#include <algorithm>

#include "model/c_api_support.h"
#include "model/convert.h"
#include "model/preprocess.h"

using namespace vitpose::engine;  // the functions themselves must be global

namespace {

void write_preprocess_options(const PreprocessConfig& config, vitpose_preprocess_options& options) {
  options = {};
  options.struct_size = sizeof(options);
  options.crop_height = static_cast<std::int32_t>(config.height);
  options.crop_width = static_cast<std::int32_t>(config.width);
  options.rescale = config.do_rescale ? 1 : 0;
  options.normalize = config.do_normalize ? 1 : 0;
  options.rescale_factor = config.rescale_factor;
  std::copy(config.mean.begin(), config.mean.end(), options.mean);
  std::copy(config.std.begin(), config.std.end(), options.std);
}

Preprocessor make_preprocessor(const vitpose_preprocess_options& options) {
  require_crop_size(options.crop_height, options.crop_width);
  PreprocessConfig config;
  config.height = options.crop_height;
  config.width = options.crop_width;
  config.do_rescale = options.rescale != 0;
  config.rescale_factor = options.rescale_factor;
  config.do_normalize = options.normalize != 0;
  std::copy(std::begin(options.mean), std::end(options.mean), config.mean.begin());
  std::copy(std::begin(options.std), std::end(options.std), config.std.begin());
  return Preprocessor(config, to_engine_numerics(options.numerics, options.warp_matrix));
}

// The boxes in pixels: as given, or from 0..1 times the size of their image.
std::vector<Box> boxes_in_pixels(const vitpose_box* boxes, std::size_t count, const vitpose_decode_options& options) {
  const std::size_t sizes = options.target_size_count;
  if (sizes > 0) require_pointer(options.target_sizes, "target_sizes");
  if (sizes > 1 && sizes != count) {
    fail(ErrorCode::kInvalidArgument, "target_sizes: expected 1 or one per box (", count, "), found ", sizes);
  }
  std::vector<Box> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const vitpose_size size = sizes == 0 ? vitpose_size{1, 1} : options.target_sizes[sizes == 1 ? 0 : i];
    result.push_back({boxes[i].x * size.width, boxes[i].y * size.height, boxes[i].width * size.width,
                      boxes[i].height * size.height});
  }
  return result;
}

}  // namespace

extern "C" {

void vitpose_preprocess_options_init(vitpose_preprocess_options* options) {
  if (options != nullptr) write_preprocess_options(PreprocessConfig(), *options);
}

void vitpose_estimator_preprocess_options(const vitpose_estimator* estimator, vitpose_preprocess_options* options) {
  vitpose_preprocess_options_init(options);
  if (estimator == nullptr || options == nullptr) return;
  write_preprocess_options(estimator->engine->preprocess_config(), *options);
  const NumericsOptions& numerics = estimator->engine->numerics();
  options->numerics = numerics.normalization == Normalization::kHf4 ? VITPOSE_HF4 : VITPOSE_HF5;
  options->warp_matrix = numerics.warp_matrix == WarpMatrix::kNumpy2 ? VITPOSE_NUMPY2 : VITPOSE_NUMPY1;
}

vitpose_status vitpose_preprocess(const vitpose_preprocess_options* options, const vitpose_image* images,
                                  size_t image_count, const vitpose_box* boxes, const size_t* box_counts,
                                  float* pixel_values, size_t pixel_value_count) {
  return guarded([&] {
    const Preprocessor preprocessor =
        make_preprocessor(options_or_defaults(options, vitpose_preprocess_options_init, "options"));
    const ImagesAndBoxes input(images, image_count, boxes, box_counts);
    const Index height = preprocessor.crop_height();
    const Index width = preprocessor.crop_width();
    require_floats("pixel_values", {static_cast<Index>(input.box_count()), 3, height, width}, pixel_value_count);
    if (input.box_count() > 0) require_pointer(pixel_values, "pixel_values");
    for (const ImageBoxes& image : input.images()) {
      for (const Box& box : image.boxes) {
        preprocessor.crop(image.image, box, pixel_values);
        pixel_values += 3 * height * width;
      }
    }
  });
}

void vitpose_forward_options_init(vitpose_forward_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->struct_size = sizeof(*options);
}

vitpose_status vitpose_forward(const vitpose_estimator* estimator, size_t n, const float* pixel_values,
                               size_t pixel_value_count, const vitpose_forward_options* options, float* heatmaps,
                               size_t heatmap_count) {
  return guarded([&] {
    require_pointer(estimator, "estimator");
    const vitpose_forward_options given = options_or_defaults(options, vitpose_forward_options_init, "options");
    const ModelConfig& config = estimator->engine->config();
    const Index count = to_index("n", n);
    const Shape input_shape{count, 3, config.image_height, config.image_width};
    const Shape output_shape{count, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
    require_floats("pixel_values", input_shape, pixel_value_count);
    require_floats("heatmaps", output_shape, heatmap_count);
    if (count > 0) {
      require_pointer(pixel_values, "pixel_values");
      require_pointer(heatmaps, "heatmaps");
    }
    TensorView<float> states(given.hidden_states, {config.layers + 1, count, config.tokens(), config.hidden_size});
    if (given.hidden_states != nullptr) require_floats("hidden_states", states.shape, given.hidden_state_count);
    if (given.flip_pair_count > 0) require_pointer(given.flip_pairs, "flip_pairs");
    std::vector<FlipPair> flip_pairs(given.flip_pair_count);
    for (std::size_t i = 0; i < flip_pairs.size(); ++i) {
      flip_pairs[i] = {given.flip_pairs[2 * i], given.flip_pairs[2 * i + 1]};
    }
    ForwardOptions forward;
    forward.experts = expert_span(given.experts, given.expert_count);
    forward.flip_pairs = flip_pairs;
    forward.hidden_states = given.hidden_states != nullptr ? &states : nullptr;
    estimator->engine->forward({pixel_values, input_shape}, forward, {heatmaps, output_shape});
  });
}

void vitpose_decode_options_init(vitpose_decode_options* options) {
  if (options == nullptr) return;
  const PreprocessConfig crop;
  *options = {};
  options->struct_size = sizeof(*options);
  options->crop_height = static_cast<std::int32_t>(crop.height);
  options->crop_width = static_cast<std::int32_t>(crop.width);
  options->kernel_size = DecodeOptions().kernel_size;
}

void vitpose_estimator_decode_options(const vitpose_estimator* estimator, vitpose_decode_options* options) {
  vitpose_decode_options_init(options);
  if (estimator == nullptr || options == nullptr) return;
  options->crop_height = static_cast<std::int32_t>(estimator->engine->preprocess_config().height);
  options->crop_width = static_cast<std::int32_t>(estimator->engine->preprocess_config().width);
  options->hf_exact = estimator->engine->numerics().hf_exact ? 1 : 0;
}

vitpose_status vitpose_decode(const vitpose_decode_options* options, const float* heatmaps, size_t n, size_t k,
                              size_t h, size_t w, const vitpose_box* boxes, size_t box_count, vitpose_poses** poses) {
  return guarded([&] {
    require_pointer(poses, "poses");
    *poses = nullptr;
    const vitpose_decode_options given = options_or_defaults(options, vitpose_decode_options_init, "options");
    require_crop_size(given.crop_height, given.crop_width);
    const Shape shape = heatmap_shape(n, k, h, w);
    if (n > 0) require_pointer(heatmaps, "heatmaps");
    if (box_count > 0) require_pointer(boxes, "boxes");
    DecodeOptions decoding;
    decoding.kernel_size = given.kernel_size;
    if (given.use_threshold != 0) decoding.threshold = given.threshold;
    decoding.hf_exact = given.hf_exact != 0;
    auto decoded = decode({heatmaps, shape}, boxes_in_pixels(boxes, box_count, given), given.crop_height,
                          given.crop_width, decoding);
    auto result = std::make_unique<vitpose_poses>();
    result->poses.reserve(decoded.size());
    for (DecodedPose& pose : decoded) result->poses.push_back({0, std::move(pose)});
    *poses = result.release();
  });
}

void vitpose_convert_options_init(vitpose_convert_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->struct_size = sizeof(*options);
  options->expert = -1;
}

vitpose_status vitpose_convert(const char* source, const char* destination, const vitpose_convert_options* options) {
  return guarded([&] {
    require_pointer(source, "source");
    require_pointer(destination, "destination");
    const vitpose_convert_options given = options_or_defaults(options, vitpose_convert_options_init, "options");
    ConvertOptions convert;
    switch (given.storage) {
      case VITPOSE_STORE_F32: convert.storage = DType::kF32; break;
      case VITPOSE_STORE_BF16: convert.storage = DType::kBF16; break;
      case VITPOSE_STORE_INT8: convert.storage = DType::kI8; break;
      case VITPOSE_STORE_INT4: convert.storage = DType::kI4; break;
      default: fail(ErrorCode::kInvalidArgument, "storage: expected a vitpose_storage, found ", given.storage);
    }
    if (given.expert < -1) fail(ErrorCode::kInvalidArgument, "expert: expected -1 or an index, found ", given.expert);
    if (given.expert >= 0) convert.expert = given.expert;
    if (given.calibration_value_count > 0) require_pointer(given.calibration_pixel_values, "calibration_pixel_values");
    if (given.calibration_expert_count > 0) require_pointer(given.calibration_experts, "calibration_experts");
    if (given.calibration_pixel_values != nullptr) {
      convert.calibration = {{given.calibration_pixel_values, given.calibration_value_count},
                             {given.calibration_experts, given.calibration_expert_count}};
    }
    convert_model(source, destination, convert);
  });
}

}  // extern "C"

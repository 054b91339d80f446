// The C interface (include/vitpose/vitpose.h): estimator, poses.
#include <algorithm>
#include <optional>
#include <utility>

#include "model/c_api_support.h"

using namespace vitpose::engine;  // the functions themselves must be global

namespace {

constexpr std::pair<vitpose_dtype, DType> kDTypes[] = {
    {VITPOSE_F32, DType::kF32}, {VITPOSE_BF16, DType::kBF16}, {VITPOSE_INT8, DType::kI8}, {VITPOSE_INT4, DType::kI4}};

std::optional<DType> to_engine_dtype(std::int32_t value, const char* name) {
  if (value == VITPOSE_DEFAULT_DTYPE) return std::nullopt;
  for (const auto& [theirs, ours] : kDTypes) {
    if (value == theirs) return ours;
  }
  fail(ErrorCode::kInvalidArgument, name, ": expected a vitpose_dtype, found ", value);
}

std::int32_t to_public_dtype(DType dtype) {
  for (const auto& [theirs, ours] : kDTypes) {
    if (dtype == ours) return theirs;
  }
  return VITPOSE_DEFAULT_DTYPE;
}

LoadOptions to_engine_options(const vitpose_load_options& options) {
  LoadOptions result;
  if (options.backend != nullptr) result.backend = options.backend;
  if (options.isa != nullptr) result.isa = options.isa;
  result.threads = options.threads;
  result.use_mmap = options.use_mmap != 0;
  result.numerics = to_engine_numerics(options.numerics, options.warp_matrix);
  result.numerics.hf_exact = options.hf_exact != 0;
  result.emulate = options.emulate != 0;
  result.dtype = to_engine_dtype(options.dtype, "dtype");
  result.float_parts = to_engine_dtype(options.float_parts, "float_parts");
  if (const DType parts = result.float_parts.value_or(DType::kF32); parts != DType::kF32 && parts != DType::kBF16) {
    fail(ErrorCode::kInvalidArgument, "float_parts: expected f32 or bf16, found ", storage_name(parts));
  }
  switch (options.parallel) {
    case VITPOSE_PARALLEL_AUTO: result.parallel = Parallel::kAuto; break;
    case VITPOSE_PARALLEL_CROPS: result.parallel = Parallel::kCrops; break;
    case VITPOSE_PARALLEL_OPS: result.parallel = Parallel::kOps; break;
    default: fail(ErrorCode::kInvalidArgument, "parallel: expected a vitpose_parallel, found ", options.parallel);
  }
  return result;
}

EstimateOptions to_engine_options(const vitpose_estimate_options& options) {
  EstimateOptions result;
  result.experts = expert_span(options.experts, options.expert_count);
  if (options.use_threshold != 0) result.threshold = options.threshold;
  result.kernel_size = options.kernel_size;
  result.flip_test = options.flip_test != 0;
  if (options.keypoint_set != nullptr) result.keypoint_set = options.keypoint_set;
  result.batch = options.batch;
  return result;
}

vitpose_estimator* make_handle(std::unique_ptr<PoseEstimator> engine) {
  std::string backend = engine->backend_name();
  std::string storage = engine->storage_name();
  return new vitpose_estimator{std::move(engine), std::move(backend), std::move(storage)};
}

}  // namespace

extern "C" {

void vitpose_load_options_init(vitpose_load_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->struct_size = sizeof(*options);
  options->use_mmap = 1;
}

vitpose_status vitpose_load(const char* path, const vitpose_load_options* options, vitpose_estimator** estimator) {
  return guarded([&] {
    require_pointer(estimator, "estimator");
    *estimator = nullptr;
    require_pointer(path, "path");
    const LoadOptions load = to_engine_options(options_or_defaults(options, vitpose_load_options_init, "options"));
    *estimator = make_handle(PoseEstimator::load(path, load));
  });
}

vitpose_status vitpose_load_memory(const void* bytes, size_t size, const vitpose_load_options* options,
                                   vitpose_estimator** estimator) {
  return guarded([&] {
    require_pointer(estimator, "estimator");
    *estimator = nullptr;
    require_pointer(bytes, "bytes");
    const LoadOptions load = to_engine_options(options_or_defaults(options, vitpose_load_options_init, "options"));
    *estimator = make_handle(PoseEstimator::load({static_cast<const std::byte*>(bytes), size}, load));
  });
}

void vitpose_estimator_free(vitpose_estimator* estimator) {
  delete estimator;
}

vitpose_model_info vitpose_estimator_info(const vitpose_estimator* estimator) {
  vitpose_model_info info = {};
  if (estimator == nullptr) return info;
  const ModelConfig& config = estimator->engine->config();
  const PreprocessConfig& crop = estimator->engine->preprocess_config();
  const auto narrow = [](Index value) { return static_cast<std::int32_t>(value); };
  info.keypoints = narrow(config.keypoints());
  info.experts = narrow(config.experts);
  info.crop_height = narrow(crop.height);
  info.crop_width = narrow(crop.width);
  info.heatmap_height = narrow(config.heatmap_height());
  info.heatmap_width = narrow(config.heatmap_width());
  info.hidden_size = narrow(config.hidden_size);
  info.layers = narrow(config.layers);
  info.heads = narrow(config.heads);
  info.tokens = narrow(config.tokens());
  info.feed_forward_size = narrow(config.feed_forward_size);
  info.part_features = narrow(config.part_features);
  info.simple_decoder = config.simple_decoder ? 1 : 0;
  info.threads = estimator->engine->threads();
  return info;
}

const char* vitpose_estimator_keypoint_name(const vitpose_estimator* estimator, int32_t keypoint) {
  if (estimator == nullptr || keypoint < 0) return nullptr;
  const auto& labels = estimator->engine->config().labels;
  const auto index = static_cast<std::size_t>(keypoint);
  return index < labels.size() ? labels[index].c_str() : nullptr;
}

const char* vitpose_estimator_backend(const vitpose_estimator* estimator) {
  return estimator == nullptr ? "" : estimator->backend.c_str();
}

int32_t vitpose_estimator_dtype(const vitpose_estimator* estimator) {
  return estimator == nullptr ? VITPOSE_DEFAULT_DTYPE : to_public_dtype(estimator->engine->dtype());
}

int32_t vitpose_estimator_float_parts(const vitpose_estimator* estimator) {
  return estimator == nullptr ? VITPOSE_DEFAULT_DTYPE : to_public_dtype(estimator->engine->float_parts());
}

const char* vitpose_estimator_storage(const vitpose_estimator* estimator) {
  return estimator == nullptr ? "" : estimator->storage.c_str();
}

const char* vitpose_estimator_note(const vitpose_estimator* estimator, int32_t index) {
  if (estimator == nullptr || index < 0) return nullptr;
  const auto& notes = estimator->engine->notes();
  return static_cast<std::size_t>(index) < notes.size() ? notes[static_cast<std::size_t>(index)].c_str() : nullptr;
}

void vitpose_estimate_options_init(vitpose_estimate_options* options) {
  if (options == nullptr) return;
  const EstimateOptions defaults;
  *options = {};
  options->struct_size = sizeof(*options);
  options->kernel_size = defaults.kernel_size;
  options->batch = defaults.batch;
}

vitpose_status vitpose_estimate(const vitpose_estimator* estimator, const vitpose_image* images, size_t image_count,
                                const vitpose_box* boxes, const size_t* box_counts,
                                const vitpose_estimate_options* options, vitpose_poses** poses) {
  return guarded([&] {
    require_pointer(poses, "poses");
    *poses = nullptr;
    require_pointer(estimator, "estimator");
    const EstimateOptions estimate =
        to_engine_options(options_or_defaults(options, vitpose_estimate_options_init, "options"));
    const ImagesAndBoxes input(images, image_count, boxes, box_counts);
    auto result = std::make_unique<vitpose_poses>();
    result->poses = estimator->engine->estimate(input.images(), estimate);
    *poses = result.release();
  });
}

size_t vitpose_poses_count(const vitpose_poses* poses) {
  return poses == nullptr ? 0 : poses->poses.size();
}

vitpose_pose vitpose_poses_get(const vitpose_poses* poses, size_t index) {
  vitpose_pose result = {};
  if (poses == nullptr || index >= poses->poses.size()) return result;
  const Pose& pose = poses->poses[index];
  result.image = static_cast<std::int32_t>(pose.image);
  result.keypoint_count = static_cast<std::int32_t>(pose.decoded.scores.size());
  result.keypoints = pose.decoded.keypoints.data();
  result.scores = pose.decoded.scores.data();
  result.labels = pose.decoded.labels.data();
  std::copy(pose.decoded.bbox.begin(), pose.decoded.bbox.end(), result.bbox);
  return result;
}

void vitpose_poses_free(vitpose_poses* poses) {
  delete poses;
}

}  // extern "C"

#include "model/pose_estimator.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/first_exception.h"
#include "core/float_environment.h"
#include "core/thread_pool.h"
#include "model/arithmetic.h"
#include "model/expert_selection.h"
#include "model/flip.h"
#include "model/forward.h"
#include "model/keypoint_sets.h"
#include "model/model_files.h"
#include "model/preprocess.h"
#include "model/weights.h"
#include "model/workspace_pool.h"

namespace vitpose::engine {

namespace {

// Inside ops. More crops than this at once cost memory and save no time: the panels of weights stay in cache anyway.
constexpr Index kCropsPerForward = 8;

// A box together with the picture it lies in.
struct Subject {
  const ImageView* image;
  Index image_index;
  const Box* box;
};

std::vector<Subject> list_subjects(std::span<const ImageBoxes> images) {
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (const Box& box : images[i].boxes) subjects.push_back({&images[i].image, static_cast<Index>(i), &box});
  }
  return subjects;
}

void check_threads(const LoadOptions& options) {
  if (options.threads < 0 || options.threads > 1024) {
    fail(ErrorCode::kInvalidArgument, "threads: expected 0 (all) to 1024, found ", options.threads);
  }
}

}  // namespace

struct PoseEstimator::Implementation {
  ModelFiles files;
  DType dtype;
  NumericsOptions numerics;
  Parallel parallel;
  std::shared_ptr<ThreadPool> pool;
  std::unique_ptr<Backend> backend;
  Weights weights;
  Preprocessor preprocessor;
  mutable WorkspacePool workspaces;

  Implementation(ModelFiles opened, const LoadOptions& options)
      : files(std::move(opened)),
        dtype(chosen_arithmetic(files, options.dtype)),
        numerics(options.numerics),
        parallel(options.parallel),
        pool(std::make_shared<ThreadPool>(options.threads > 0 ? options.threads : available_processors())),
        backend(make_backend({options.backend, options.isa, dtype, options.float_parts, options.emulate}, pool)),
        weights(bind_weights(files.parameters, files.config, *backend)),
        preprocessor(files.preprocess, options.numerics),
        workspaces(pool->size()) {}

  Shape pixel_shape(Index crops) const { return {crops, 3, files.config.image_height, files.config.image_width}; }
  Shape heatmap_shape(Index crops) const {
    return {crops, files.config.keypoints(), files.config.heatmap_height(), files.config.heatmap_width()};
  }

  void preprocess(std::span<const Subject> subjects, TensorView<float> pixel_values) const {
    FirstException failure;
    pool->parallel_for(static_cast<Index>(subjects.size()), [&](Index i, int) {
      const Subject& subject = subjects[static_cast<std::size_t>(i)];
      failure.guard([&] { preprocessor.crop(*subject.image, *subject.box, pixel_values[i].data); });
    });
    failure.rethrow();
  }

  // Some crops of a call: the first is number `first` of those that `experts` counts.
  struct Crops {
    TensorView<const float> pixel_values;
    const ExpertSelection& experts;
    Index first;
    TensorView<float>* hidden_states;
    TensorView<float> heatmaps;
  };

  void forward(const Crops& crops, WorkspacePool::Workspaces& memory) const {
    const Index total = crops.pixel_values.shape[0];
    const Index apart = crops_apart(total);
    FirstException failure;
    pool->parallel_for(apart, [&](Index crop, int worker) {
      failure.guard([&] { forward_batch(crops, crop, 1, memory.of_thread[static_cast<std::size_t>(worker)]); });
    });
    failure.rethrow();
    for (Index done = apart; done < total; done += kCropsPerForward) {
      forward_batch(crops, done, std::min(kCropsPerForward, total - done), memory.shared);
    }
  }

  // How many crops the threads take one by one: whole rounds, so that all are done at the same time. One thread gains
  // nothing from that, and several crops at once find the weights of a layer in its cache.
  Index crops_apart(Index total) const {
    if (parallel != Parallel::kAuto) return parallel == Parallel::kCrops ? total : 0;
    return pool->size() == 1 ? 0 : total / pool->size() * pool->size();
  }

  // Crops [begin, begin + count) of `crops` at once.
  void forward_batch(const Crops& crops, Index begin, Index count, Workspace& workspace) const {
    const Workspace::Scope scope(workspace);
    const TensorView<const float> in(crops.pixel_values[begin].data, pixel_shape(count));
    const TensorView<float> out(crops.heatmaps[begin].data, heatmap_shape(count));
    const auto runs = crops.experts.runs(crops.first + begin, count, workspace);
    run_model(*backend, files.config, weights, {in, runs, crops.hidden_states, begin}, out, workspace);
  }

  // The mean of what the network says about the crops and, mirrored back, about their mirror images.
  void add_mirrored_pass(TensorView<const float> pixel_values, const ExpertSelection& experts, Index first,
                         const KeypointSet& set, TensorView<float> heatmaps, WorkspacePool::Workspaces& memory) const {
    Workspace& workspace = memory.shared;
    const Workspace::Scope scope(workspace);
    const TensorView<float> mirrored_pixels(workspace.take<float>(pixel_values.count()), pixel_values.shape);
    const TensorView<float> mirrored(workspace.take<float>(heatmaps.count()), heatmaps.shape);
    mirror_width(pixel_values, mirrored_pixels.data);
    forward({mirrored_pixels, experts, first, nullptr, mirrored}, memory);
    average_with_mirrored(heatmaps, mirrored, set.flip_index);
  }

  // The set that the caller named, null when none; it must fit whether or not the call needs its mirror pairs.
  const KeypointSet* named_set(const std::string& name) const {
    if (name.empty()) return nullptr;
    const KeypointSet& set = find_keypoint_set(name);
    if (static_cast<Index>(set.keypoint_names.size()) != files.config.keypoints()) {
      fail(ErrorCode::kInvalidArgument, "keypoint set: expected one of ", files.config.keypoints(),
           " keypoints, found '", name, "' of ", set.keypoint_names.size());
    }
    return &set;
  }

  // The set whose mirror pairs serve the flip test of these crops when the caller named none.
  const KeypointSet& mirror_set(const ExpertSelection& experts, Index crops) const {
    const std::vector<std::string>& sets = files.config.keypoint_sets;
    std::string chosen;
    for (Index crop = 0; crop < crops && !sets.empty(); ++crop) {
      const std::string& set = sets[static_cast<std::size_t>(std::max<Index>(experts.expert_of(crop), 0))];
      if (crop > 0 && set != chosen) {
        fail(ErrorCode::kUnsupported, "flip test: the boxes' experts have different keypoint sets, '", chosen,
             "' and '", set, "'; expected one set per call");
      }
      chosen = set;
    }
    const Index keypoints = files.config.keypoints();
    const KeypointSet* set = chosen.empty() ? default_keypoint_set(keypoints) : &find_keypoint_set(chosen);
    if (set == nullptr || static_cast<Index>(set->flip_index.size()) != keypoints) {
      fail(ErrorCode::kInvalidArgument, "flip test: expected a keypoint set with the mirror pairs of ", keypoints,
           " keypoints, found ", set == nullptr ? "none" : set->name);
    }
    return *set;
  }

  std::vector<Pose> estimate(std::span<const Subject> subjects, const EstimateOptions& options) const;
};

std::vector<Pose> PoseEstimator::Implementation::estimate(std::span<const Subject> subjects,
                                                          const EstimateOptions& options) const {
  const auto total = static_cast<Index>(subjects.size());
  const ExpertSelection experts(files.config, options.experts, total, numerics.hf_exact);
  const KeypointSet* named = named_set(options.keypoint_set);
  const KeypointSet* mirror = !options.flip_test ? nullptr : named != nullptr ? named : &mirror_set(experts, total);
  const DecodeOptions decoding{options.kernel_size, options.threshold, numerics.hf_exact};
  if (total == 0) {  // decode() knows whether that is an error: with hf_exact it is, as in transformers
    decode({nullptr, heatmap_shape(0)}, {}, preprocessor.crop_height(), preprocessor.crop_width(), decoding);
  }
  // transformers' decoding of one map can read its neighbours in the call, so hf_exact keeps all of them.
  const Index decoded_together = numerics.hf_exact ? total : options.batch;

  std::vector<Pose> poses;
  WorkspacePool::Lease lease(workspaces);
  Workspace& workspace = (*lease).shared;
  for (Index first = 0; first < total; first += decoded_together) {
    const Workspace::Scope scope(workspace);
    const Index count = std::min(decoded_together, total - first);
    const TensorView<float> heatmaps(workspace.take<float>(heatmap_shape(count).count()), heatmap_shape(count));
    std::vector<Box> boxes;
    for (Index done = 0; done < count; done += options.batch) {
      const Workspace::Scope batch_scope(workspace);
      const Index crops = std::min<Index>(options.batch, count - done);
      const auto batch = subjects.subspan(static_cast<std::size_t>(first + done), static_cast<std::size_t>(crops));
      const TensorView<float> pixel_values(workspace.take<float>(pixel_shape(crops).count()), pixel_shape(crops));
      const TensorView<float> out(heatmaps[done].data, heatmap_shape(crops));
      preprocess(batch, pixel_values);
      forward({pixel_values, experts, first + done, nullptr, out}, *lease);
      if (mirror != nullptr) add_mirrored_pass(pixel_values, experts, first + done, *mirror, out, *lease);
      for (const Subject& subject : batch) boxes.push_back(*subject.box);
    }
    auto decoded = decode(heatmaps, boxes, preprocessor.crop_height(), preprocessor.crop_width(), decoding, pool.get());
    for (DecodedPose& pose : decoded) poses.push_back({subjects[poses.size()].image_index, std::move(pose)});
  }
  return poses;
}

PoseEstimator::PoseEstimator(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
PoseEstimator::~PoseEstimator() = default;

std::unique_ptr<PoseEstimator> PoseEstimator::load(const std::string& path, const LoadOptions& options) {
  const FloatEnvironment environment;
  check_threads(options);
  const auto access = options.use_mmap ? MappedFile::Access::kMap : MappedFile::Access::kRead;
  ModelFiles files = open_model(path, access, options.dtype.value_or(DType::kF32));
  return std::unique_ptr<PoseEstimator>(new PoseEstimator(std::make_unique<Implementation>(std::move(files), options)));
}

std::unique_ptr<PoseEstimator> PoseEstimator::load(std::span<const std::byte> bytes, const LoadOptions& options) {
  const FloatEnvironment environment;
  check_threads(options);
  ModelFiles files = open_model_memory(bytes, "model");
  return std::unique_ptr<PoseEstimator>(new PoseEstimator(std::make_unique<Implementation>(std::move(files), options)));
}

const ModelConfig& PoseEstimator::config() const {
  return implementation_->files.config;
}
const PreprocessConfig& PoseEstimator::preprocess_config() const {
  return implementation_->files.preprocess;
}
const NumericsOptions& PoseEstimator::numerics() const {
  return implementation_->numerics;
}
const std::vector<std::string>& PoseEstimator::notes() const {
  return implementation_->files.notes;
}
std::string PoseEstimator::backend_name() const {
  return implementation_->backend->name();
}
std::string PoseEstimator::storage_name() const {
  return implementation_->files.storage;
}
DType PoseEstimator::dtype() const {
  return implementation_->dtype;
}
DType PoseEstimator::float_parts() const {
  return implementation_->backend->activations();
}
int PoseEstimator::threads() const {
  return implementation_->pool->size();
}

std::vector<Pose> PoseEstimator::estimate(std::span<const ImageBoxes> images, const EstimateOptions& options) const {
  const FloatEnvironment environment;
  if (options.batch < 1) fail(ErrorCode::kInvalidArgument, "batch: expected at least 1 crop, found ", options.batch);
  return implementation_->estimate(list_subjects(images), options);
}

void PoseEstimator::preprocess(std::span<const ImageBoxes> images, float* pixel_values) const {
  const FloatEnvironment environment;
  const std::vector<Subject> subjects = list_subjects(images);
  const Shape shape = implementation_->pixel_shape(static_cast<Index>(subjects.size()));
  implementation_->preprocess(subjects, {pixel_values, shape});
}

void PoseEstimator::forward(TensorView<const float> pixel_values, const ForwardOptions& options,
                            TensorView<float> heatmaps) const {
  const FloatEnvironment environment;
  const Implementation& self = *implementation_;
  const Index crops = pixel_values.shape.rank() > 0 ? pixel_values.shape[0] : 0;
  if (pixel_values.shape != self.pixel_shape(crops)) {
    fail(ErrorCode::kInvalidArgument, "pixel_values: expected ", self.pixel_shape(crops).to_string(), ", found ",
         pixel_values.shape.to_string());
  }
  if (heatmaps.shape != self.heatmap_shape(crops)) {
    fail(ErrorCode::kInvalidArgument, "heatmaps: expected ", self.heatmap_shape(crops).to_string(), ", found ",
         heatmaps.shape.to_string());
  }
  const Shape states{config().layers + 1, crops, config().tokens(), config().hidden_size};
  if (options.hidden_states != nullptr && options.hidden_states->shape != states) {
    fail(ErrorCode::kInvalidArgument, "hidden_states: expected ", states.to_string(), ", found ",
         options.hidden_states->shape.to_string());
  }
  const ExpertSelection experts(config(), options.experts, crops, numerics().hf_exact);
  std::vector<int> flip_index;
  if (!options.flip_pairs.empty()) flip_index = flip_index_of(options.flip_pairs, config().keypoints());
  WorkspacePool::Lease lease(self.workspaces);
  self.forward({pixel_values, experts, 0, options.hidden_states, heatmaps}, *lease);
  if (!options.flip_pairs.empty()) flip_back(heatmaps, flip_index, (*lease).shared);
}

}  // namespace vitpose::engine

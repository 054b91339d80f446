// ViTPose from pictures to poses: the engine behind the public interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "model/config.h"
#include "model/decode.h"
#include "model/flip.h"
#include "model/image_view.h"
#include "model/numerics.h"

namespace vitpose::engine {

// What threads share when a call has several crops; never changes a bit.
//   kCrops  each thread takes crop after crop: no waiting between the steps of a forward; memory for one crop a thread
//   kOps    all threads work on the same step, for up to eight crops at once
//   kAuto   whole rounds of crops, one for each thread, as kCrops, the rest as kOps
enum class Parallel { kAuto, kCrops, kOps };

struct LoadOptions {
  std::string backend{};  // "" = native
  std::string isa{};      // "" = the best this CPU runs (or VITPOSE_ISA)
  std::optional<DType>
      dtype{};  // of the linear layers: kF32, kBF16, kI8, kI4; default: what a file of int8 or int4 stores, else kF32
  std::optional<DType> float_parts{};  // of what is not a linear layer: BackendOptions::float_parts
  bool emulate = false;                // bf16 in plain C++ where the CPU has no instructions for it
  int threads = 0;                     // 0 = every processor this process may use
  Parallel parallel = Parallel::kAuto;
  bool use_mmap = true;
  NumericsOptions numerics{};
};

// One picture and the boxes in it; neither is copied.
struct ImageBoxes {
  ImageView image;
  std::span<const Box> boxes;
};

struct EstimateOptions {
  // Expert per box, over all images in order; one value serves all; empty only for a model with one expert.
  std::span<const std::int64_t> experts;
  std::optional<double> threshold;  // keep scores strictly above
  int kernel_size = 11;
  bool flip_test = false;    // average the plain and the mirrored pass
  std::string keypoint_set;  // of K keypoints; "" = the expert's, else the default for K. Its pairs serve flip_test
  int batch = 8;             // crops per forward; bounds memory, never changes a bit
};

struct Pose {
  Index image = 0;  // index of its image in the call
  DecodedPose decoded;
};

struct ForwardOptions {
  std::span<const std::int64_t> experts{};     // one per crop, or one for all; see EstimateOptions
  std::span<const FlipPair> flip_pairs{};      // not empty: the crops are mirrored, the heatmaps are flipped back
  TensorView<float>* hidden_states = nullptr;  // [L + 1, N, T, D] to fill, or null
};

// Immutable after load: any number of threads may call the const functions at once.
class PoseEstimator {
 public:
  // `path`: a Hugging Face directory or a converted file.
  static std::unique_ptr<PoseEstimator> load(const std::string& path, const LoadOptions& options);
  // A converted file in memory, which must stay there as long as the estimator.
  static std::unique_ptr<PoseEstimator> load(std::span<const std::byte> bytes, const LoadOptions& options);
  ~PoseEstimator();

  const ModelConfig& config() const;
  const PreprocessConfig& preprocess_config() const;
  const NumericsOptions& numerics() const;
  const std::vector<std::string>& notes() const;  // remarks about the files, one line each
  std::string backend_name() const;
  DType dtype() const;               // of the linear layers' products: kF32, kBF16, kI8, kI4
  DType float_parts() const;         // of everything else: kF32, kBF16
  std::string storage_name() const;  // how the weights are stored: "f32", "bf16", "f16", "int8", "int4"
  int threads() const;

  // All poses in image order, then box order.
  std::vector<Pose> estimate(std::span<const ImageBoxes> images, const EstimateOptions& options) const;

  // pixel_values [number of boxes, 3, H, W], image-major.
  void preprocess(std::span<const ImageBoxes> images, float* pixel_values) const;
  // pixel_values [N, 3, H, W] -> heatmaps [N, K, h, w]
  void forward(TensorView<const float> pixel_values, const ForwardOptions& options, TensorView<float> heatmaps) const;

 private:
  struct Implementation;
  explicit PoseEstimator(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace vitpose::engine

// Heatmaps to keypoints in the image, bit for bit as transformers' post_process_pose_estimation computes them
// (docs/numerics.md, section 4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "core/thread_pool.h"
#include "model/image_view.h"

namespace vitpose::engine {

struct DecodeOptions {
  int kernel_size = 11;               // of the blur: 11 for heatmaps trained with sigma 2, 17 for sigma 3
  std::optional<double> threshold{};  // keep keypoints whose score is greater; all when absent
  bool hf_exact = false;              // repeat transformers' known bugs (numerics.md, section 1)
};

struct DecodedPose {
  std::vector<float> keypoints;      // x, y in pixels of the image, for each kept keypoint
  std::vector<float> scores;         // the peak's value in the raw heatmap
  std::vector<std::int64_t> labels;  // index of the keypoint, 0..K-1
  std::array<float, 4> bbox;         // as transformers returns it, built from centre and scale
};

// heatmaps [N, K, h, w] and one box for each of the N. Results do not depend on the pool or on the other maps of the
// batch; with hf_exact they do depend on the latter, and a singular Hessian, an empty batch, K = 1 with N > 1 and
// neighbours beyond the batch are errors, as in transformers.
std::vector<DecodedPose> decode(TensorView<const float> heatmaps, std::span<const Box> boxes, Index crop_height,
                                Index crop_width, const DecodeOptions& options, ThreadPool* pool = nullptr);

// The first maximum of a map, a NaN counting as maximum.
Index first_maximum(const float* values, Index count);

}  // namespace vitpose::engine

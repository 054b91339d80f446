#include "model/decode.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "model/crop_geometry.h"
#include "model/dark_refinement.h"

namespace vitpose::engine {
namespace {

enum class Refusal : std::uint8_t { kNone, kSingular, kBeyondBatch };

// All maps of a call, [N * K] of [height, width].
class Decoder {
 public:
  Decoder(TensorView<const float> heatmaps, const DecodeOptions& options)
      : data_(heatmaps.data),
        poses_(heatmaps.shape[0]),
        keypoints_(heatmaps.shape[1]),
        height_(heatmaps.shape[2]),
        width_(heatmaps.shape[3]),
        blur_(options.kernel_size),
        hf_exact_(options.hf_exact) {}

  Refusal decode_pose(Index pose, const CropGeometry& geometry, DecodedPose& result) const;

 private:
  HeatmapView map(Index m) const { return {data_ + m * height_ * width_, height_, width_}; }
  Refusal refine(Index m, Peak& peak) const;
  Refusal refine_as_hf(Index m, Peak& peak) const;
  float padded_tap(Index i) const;

  const float* data_;
  Index poses_;
  Index keypoints_;
  Index height_;
  Index width_;
  HeatmapBlur blur_;
  bool hf_exact_;
};

Refusal Decoder::refine(Index m, Peak& peak) const {
  const HeatmapView view = map(m);
  const auto x = static_cast<Index>(peak.x);
  const auto y = static_cast<Index>(peak.y);
  const auto tap = [&](Index row, Index column) { return log_blurred(view, blur_, row, column); };
  // A singular Hessian leaves the integer peak.
  newton_step({.center = tap(y, x),
               .right = tap(y, x + 1),
               .left = tap(y, x - 1),
               .below = tap(y + 1, x),
               .above = tap(y - 1, x),
               .below_right = tap(y + 1, x + 1),
               .above_left = tap(y - 1, x - 1)},
              peak);
  return Refusal::kNone;
}

// Element i of all log maps, each padded by one pixel of its own edge, laid end to end.
float Decoder::padded_tap(Index i) const {
  const Index row = width_ + 2;
  const Index size = row * (height_ + 2);
  return log_blurred(map(i / size), blur_, i % size / row - 1, i % row - 1);
}

// transformers computes the position in that vector in f32, which is wrong for large batches, and lets the taps of a
// map without a positive value run into its neighbour or, by a negative index, to the end of the batch.
Refusal Decoder::refine_as_hf(Index m, Peak& peak) const {
  const Index row = width_ + 2;
  const Index size = row * (height_ + 2);
  const Index total = size * poses_ * keypoints_;
  const float within = (peak.x + 1.0f) + (peak.y + 1.0f) * static_cast<float>(row);
  const auto i = static_cast<Index>(static_cast<float>(static_cast<double>(within) + static_cast<double>(size * m)));
  if (i + row + 1 >= total) return Refusal::kBeyondBatch;
  const auto tap = [&](Index j) { return padded_tap(j < 0 ? j + total : j); };
  const bool regular = newton_step({.center = tap(i),
                                    .right = tap(i + 1),
                                    .left = tap(i - 1),
                                    .below = tap(i + row),
                                    .above = tap(i - row),
                                    .below_right = tap(i + row + 1),
                                    .above_left = tap(i - row - 1)},
                                   peak);
  return regular ? Refusal::kNone : Refusal::kSingular;
}

Refusal Decoder::decode_pose(Index pose, const CropGeometry& geometry, DecodedPose& result) const {
  const float extent_x = geometry.scale_x * 200.0f;
  const float extent_y = geometry.scale_y * 200.0f;
  const float factor_x = extent_x / static_cast<float>(width_ - 1);
  const float factor_y = extent_y / static_cast<float>(height_ - 1);
  for (Index k = 0; k < keypoints_; ++k) {
    const Index m = pose * keypoints_ + k;
    const HeatmapView view = map(m);
    const Index best = first_maximum(view.data, height_ * width_);
    const float score = view.data[best];
    const bool found = score > 0;
    Peak peak{-1, -1};
    if (found) peak = {static_cast<float>(best % width_), static_cast<float>(best / width_)};
    if (hf_exact_ || found) {
      const Refusal refusal = hf_exact_ ? refine_as_hf(m, peak) : refine(m, peak);
      if (refusal != Refusal::kNone) return refusal;
    }
    const auto slot = static_cast<std::size_t>(k);
    result.keypoints[2 * slot] = peak.x * factor_x + geometry.center_x - extent_x * 0.5f;
    result.keypoints[2 * slot + 1] = peak.y * factor_y + geometry.center_y - extent_y * 0.5f;
    result.scores[slot] = score;
    result.labels[slot] = k;
  }
  result.bbox = {geometry.center_x, geometry.center_y, geometry.scale_x + geometry.center_x - 1.0f,
                 geometry.scale_y + geometry.center_y - 1.0f};
  return Refusal::kNone;
}

void check(const TensorView<const float>& heatmaps, std::size_t boxes, bool hf_exact) {
  const Shape& shape = heatmaps.shape;
  if (shape.rank() != 4 || shape[1] < 1 || shape[2] < 1 || shape[3] < 1) {
    fail(ErrorCode::kInvalidArgument, "heatmaps: expected shape [N,K,h,w] with K, h and w at least 1, found ",
         shape.to_string());
  }
  if (shape[0] != static_cast<Index>(boxes)) {
    fail(ErrorCode::kInvalidArgument, "decoding: expected one box for each of the ", shape[0],
         " persons in the heatmaps, found ", boxes, " boxes");
  }
  if (!hf_exact) return;
  if (shape[0] == 0) {
    fail(ErrorCode::kInvalidArgument, "decoding as transformers does: expected at least one person, found none");
  }
  if (shape[1] == 1 && shape[0] > 1) {
    fail(ErrorCode::kInvalidArgument, "decoding as transformers does: expected one person or several keypoints, found ",
         shape[0], " persons of one keypoint");
  }
}

void report(Refusal refusal, std::size_t pose) {
  if (refusal == Refusal::kSingular) {
    fail(ErrorCode::kInvalidArgument, "decoding as transformers does: person ", pose, " has a singular Hessian");
  }
  if (refusal == Refusal::kBeyondBatch) {
    fail(ErrorCode::kInvalidArgument, "decoding as transformers does: the neighbours of a peak of person ", pose,
         " lie beyond the last heatmap");
  }
}

void resize(DecodedPose& pose, std::size_t keypoints) {
  pose.keypoints.resize(2 * keypoints);
  pose.scores.resize(keypoints);
  pose.labels.resize(keypoints);
}

void keep_above(float threshold, DecodedPose& pose) {
  std::size_t kept = 0;
  for (std::size_t k = 0; k < pose.scores.size(); ++k) {
    if (!(pose.scores[k] > threshold)) continue;
    pose.keypoints[2 * kept] = pose.keypoints[2 * k];
    pose.keypoints[2 * kept + 1] = pose.keypoints[2 * k + 1];
    pose.scores[kept] = pose.scores[k];
    pose.labels[kept] = pose.labels[k];
    ++kept;
  }
  resize(pose, kept);
}

}  // namespace

Index first_maximum(const float* values, Index count) {
  // Sixteen independent lanes let the compiler use whatever vectors the target has.
  constexpr Index kLanes = 16;
  std::array<float, kLanes> best;
  std::array<std::uint32_t, kLanes> unordered{};
  best.fill(values[0]);
  Index i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (Index lane = 0; lane < kLanes; ++lane) {
      const auto slot = static_cast<std::size_t>(lane);
      const float value = values[i + lane];
      best[slot] = value > best[slot] ? value : best[slot];
      unordered[slot] |= value != value ? 1u : 0u;
    }
  }
  float maximum = best[0];
  bool nan = false;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    maximum = best[lane] > maximum ? best[lane] : maximum;
    nan = nan || unordered[lane] != 0;
  }
  for (; i < count; ++i) {
    maximum = values[i] > maximum ? values[i] : maximum;
    nan = nan || std::isnan(values[i]);
  }
  Index first = 0;
  while (nan ? !std::isnan(values[first]) : values[first] != maximum) ++first;
  return first;
}

std::vector<DecodedPose> decode(TensorView<const float> heatmaps, std::span<const Box> boxes, Index crop_height,
                                Index crop_width, const DecodeOptions& options, ThreadPool* pool) {
  check(heatmaps, boxes.size(), options.hf_exact);
  const Decoder decoder(heatmaps, options);
  std::vector<DecodedPose> poses(boxes.size());
  std::vector<Refusal> refusals(boxes.size(), Refusal::kNone);
  for (DecodedPose& pose : poses) resize(pose, static_cast<std::size_t>(heatmaps.shape[1]));
  const auto decode_one = [&](Index n, int /*worker*/) {
    const auto slot = static_cast<std::size_t>(n);
    refusals[slot] = decoder.decode_pose(n, crop_geometry(boxes[slot], crop_height, crop_width), poses[slot]);
  };
  if (pool != nullptr) {
    pool->parallel_for(heatmaps.shape[0], decode_one);
  } else {
    for (Index n = 0; n < heatmaps.shape[0]; ++n) decode_one(n, 0);
  }
  for (std::size_t n = 0; n < refusals.size(); ++n) report(refusals[n], n);
  if (options.threshold) {
    const auto threshold = static_cast<float>(*options.threshold);
    for (DecodedPose& pose : poses) keep_above(threshold, pose);
  }
  return poses;
}

}  // namespace vitpose::engine

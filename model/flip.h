// Mirrored crops and what becomes of their heatmaps (docs/numerics.md, section 3.3; no shift).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "core/workspace.h"

namespace vitpose::engine {

// Mirrors every row of a tensor of any rank >= 1. `to` may not overlap `from`.
void mirror_width(TensorView<const float> from, float* to);

// Two keypoints that change places in a mirrored picture.
using FlipPair = std::array<std::int32_t, 2>;

// For each of K keypoints the channel that shows it in a mirrored crop; later pairs override earlier ones.
// Error kInvalidArgument when a pair names a keypoint that is not there.
std::vector<int> flip_index_of(std::span<const FlipPair> pairs, Index keypoints);

// What the network said about mirrored crops, as if it had seen the plain ones: left and right keypoints change
// places and the maps [N, K, h, w] are mirrored. transformers' flip_back.
void flip_back(TensorView<float> heatmaps, std::span<const int> flip_index, Workspace& workspace);

// The flip test: heatmaps = (heatmaps + unflipped) * 0.5, both [N, K, h, w]; `mirrored` is what the network said about
// the mirrored crops, and unflipping exchanges left and right keypoints and mirrors the maps. flip_index[k] is k's
// counterpart.
void average_with_mirrored(TensorView<float> heatmaps, TensorView<const float> mirrored,
                           std::span<const int> flip_index);

}  // namespace vitpose::engine

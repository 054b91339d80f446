// The flip test: the network also sees the mirrored crop, and its mirrored answer is averaged in
// (docs/numerics.md, section 3.3; no shift).
#pragma once

#include <span>

#include "core/tensor.h"

namespace vitpose::engine {

// Mirrors every row of a tensor of any rank >= 1. `to` may not overlap `from`.
void mirror_width(TensorView<const float> from, float* to);

// heatmaps = (heatmaps + unflipped) * 0.5, both [N, K, h, w]; `mirrored` is what the network said about the mirrored
// crops, and unflipping exchanges left and right keypoints and mirrors the maps. flip_index[k] is k's counterpart.
void average_with_mirrored(TensorView<float> heatmaps, TensorView<const float> mirrored,
                           std::span<const int> flip_index);

}  // namespace vitpose::engine

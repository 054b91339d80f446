// Distribution-aware refinement (DARK, in the unbiased form of UDP): the integer peak of a heatmap moves by one Newton
// step on the logarithm of the blurred map (docs/numerics.md, sections 4.3 to 4.5).
//
// transformers blurs whole maps; a step reads seven values of one map, so only those are computed here, with the
// same bits.
#pragma once

#include <array>

#include "core/shape.h"

namespace vitpose::engine {

// A Gaussian of standard deviation 0.8, cut off at a radius and summing to one.
class HeatmapBlur {
 public:
  static constexpr int kMaxKernelSize = 1023;

  // Radius (kernel_size - 1) / 2: sizes 1 and 2 do not blur. Error kInvalidArgument outside 1..kMaxKernelSize.
  explicit HeatmapBlur(int kernel_size);

  int radius() const { return radius_; }
  double weight(int distance) const { return weights_[static_cast<std::size_t>(distance)]; }

 private:
  int radius_ = 0;
  std::array<double, kMaxKernelSize / 2 + 1> weights_;
};

// One map [height, width] of a batch.
struct HeatmapView {
  const float* data;
  Index height;
  Index width;
};

// The natural logarithm of the blurred value at (x, y), clipped to [0.001, 50] before it. x and y may lie one pixel
// outside the map: the result's edge is repeated there.
float log_blurred(const HeatmapView& map, const HeatmapBlur& blur, Index y, Index x);

// NumPy's f32 logarithm (its AVX2 and AVX-512 kernels): a rational approximation evaluated with fused multiply-adds.
// For positive normal numbers; NaN stays NaN.
float numpy_log(float value);

// What the step reads, by position relative to the peak.
struct NewtonTaps {
  float center;
  float right;
  float left;
  float below;
  float above;
  float below_right;
  float above_left;
};

struct Peak {
  float x;
  float y;
};

// Moves the peak by the Newton step; false, and the peak unmoved, when the Hessian is exactly singular. The step has
// no limit: flat or saddle-shaped neighbourhoods can throw a point far away, as in transformers.
bool newton_step(const NewtonTaps& taps, Peak& peak);

}  // namespace vitpose::engine

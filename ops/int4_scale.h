// How int4 stores a group of weights: the scales there are, the best of them, and the integers that it makes.
#pragma once

#include <utility>

#include "core/simd/f32x16_scalar.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

// The nearest of -8..7, for values in units of their scale.
inline simd::F32x16Scalar int4_integers(const simd::F32x16Scalar& values) {
  using Vector = simd::F32x16Scalar;
  const Vector rounder = Vector::broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vector rounded = (values + rounder) - rounder;
  return max(Vector::broadcast(-8.0f), min(Vector::broadcast(7.0f), rounded));
}

// Of the scales with five significant bits, of either sign, the one with the least sum of importance[i] * (error of
// weights[i])^2; count <= kInt4Group. 0 for weights below 2^-100, NaN if one is not finite.
float best_int4_scale(const float* weights, const float* importance, Index count);

// An int4 matrix [n, k] while it is made; zeros to begin with. Different channels may be set by different threads.
class Int4Builder {
 public:
  Int4Builder(Index n, Index k);
  // One channel's integers of one group, -8..7; they do not matter where the scale is 0 or NaN. One that is NaN, as
  // where other weights of the channel are, makes a NaN of the group.
  void set_group(Index channel, Index group, float scale, const float* integers);
  Int4Matrix finish() { return std::move(matrix_); }

 private:
  Int4Matrix matrix_;
  Index k_;
};

}  // namespace vitpose::engine

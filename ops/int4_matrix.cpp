// Packing of int4: which scale suits a group of weights best.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/simd/f32x16_scalar.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

namespace {

using Vector = simd::F32x16Scalar;

constexpr Index kVectors = kInt4Group / 16;
constexpr float kSmallest = 0x1p-100f;  // scales of smaller weights might not be normal numbers

// One channel's weights of one group; zeros behind the row's end, which every scale leaves as they are.
struct Group {
  Vector values[kVectors];
  float largest = 0.0f;  // magnitude; NaN if one is not finite

  Group(const float* weights, Index count) {
    float padded[kInt4Group] = {};
    std::memcpy(padded, weights, static_cast<std::size_t>(count) * sizeof(float));
    for (Index i = 0; i < kVectors; ++i) values[i] = Vector::load(padded + 16 * i);
    for (const float value : padded) {
      if (!std::isfinite(value)) largest = std::numeric_limits<float>::quiet_NaN();
      if (std::fabs(value) > largest) largest = std::fabs(value);
    }
  }
};

// The nearest of -8..7 times the scale, in units of the scale.
Vector integers(const Vector& values, float inverse) {
  const Vector rounder = Vector::broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vector rounded = (values * Vector::broadcast(inverse) + rounder) - rounder;
  return max(Vector::broadcast(-8.0f), min(Vector::broadcast(7.0f), rounded));
}

float squared_error(const Group& group, float scale) {
  const float inverse = 1.0f / scale;
  Vector sum = Vector::broadcast(0.0f);
  for (const Vector& values : group.values) {
    const Vector error = values - integers(values, inverse) * Vector::broadcast(scale);
    sum = sum + error * error;
  }
  return reduce_add(sum);
}

// The next larger number of five significant bits.
float next_scale(float scale) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(scale) & 0xfff80000u) + 0x00080000u);
}

// All scales are tried that reach from half of the largest weight to a little beyond it.
float best_scale(const Group& group) {
  if (std::isnan(group.largest)) return group.largest;
  if (group.largest < kSmallest) return 0.0f;
  float best = next_scale(group.largest / 8.0f);  // stays where squares are too large for floats
  float least = std::numeric_limits<float>::infinity();
  for (float scale = next_scale(group.largest / 16.0f); scale <= group.largest / 7.0f * 1.07f;
       scale = next_scale(scale)) {
    for (const float candidate : {scale, -scale}) {
      const float error = squared_error(group, candidate);
      if (error < least) {
        least = error;
        best = candidate;
      }
    }
  }
  return best;
}

}  // namespace

Shape int4_scales_shape(Index n, Index k) {
  return {(n + kPanelWidth - 1) / kPanelWidth, int4_groups(k), kPanelWidth};
}

bool is_int4_scale(float scale) {
  const auto bits = std::bit_cast<std::uint32_t>(scale);
  const bool is_normal = (bits & 0x7f800000u) != 0;
  return (bits & 0x0007ffffu) == 0 && (is_normal || scale == 0.0f);
}

Int4Matrix pack_int4(TensorView<const float> weights) {
  const Index n = weights.shape[0];
  const Index k = weights.shape[1];
  Int4Matrix result{Tensor(DType::kU8, packed_shape(n, k, DType::kI4)), Tensor(DType::kF32, int4_scales_shape(n, k))};
  std::memset(result.nibbles.raw(), 0x88, result.nibbles.size_bytes());  // zeros
  std::memset(result.scales.raw(), 0, result.scales.size_bytes());
  const Index panel_bytes = (k + 7) / 8 * kPanelWidth * 4;
  for (Index channel = 0; channel < n; ++channel) {
    const Index lane = channel % kPanelWidth;
    auto* const bytes = result.nibbles.data<std::uint8_t>() + channel / kPanelWidth * panel_bytes + lane * 4;
    float* const scales = result.scales.data<float>() + channel / kPanelWidth * int4_groups(k) * kPanelWidth + lane;
    for (Index first = 0; first < k; first += kInt4Group) {
      const Index count = k - first < kInt4Group ? k - first : kInt4Group;
      const Group group(weights.data + channel * k + first, count);
      const float scale = best_scale(group);
      scales[first / kInt4Group * kPanelWidth] = scale;
      if (!(std::fabs(scale) > 0.0f)) continue;
      float stored[kInt4Group];
      for (Index i = 0; i < kVectors; ++i) integers(group.values[i], 1.0f / scale).store(stored + 16 * i);
      for (Index i = 0; i < count; i += 2) {  // what is behind the row's end is zero
        const auto low = static_cast<unsigned>(stored[i] + 8.0f);
        const auto high = static_cast<unsigned>(stored[i + 1] + 8.0f);
        bytes[(first + i) / 8 * kPanelWidth * 4 + (first + i) % 8 / 2] = static_cast<std::uint8_t>(low | high << 4);
      }
    }
  }
  return result;
}

PackedMatrix packed_view(const Int4Matrix& matrix, Index n, Index k) {
  return {matrix.nibbles.raw(), DType::kI4, n, k, matrix.scales.data<float>(), nullptr};
}

}  // namespace vitpose::engine

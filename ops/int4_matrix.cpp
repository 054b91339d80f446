// Packing of int4: which scale suits a group of weights best.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "ops/int4_scale.h"

namespace vitpose::engine {

namespace {

using Vector = simd::F32x16Scalar;

constexpr Index kVectors = kInt4Group / 16;
constexpr float kSmallest = 0x1p-100f;  // scales of smaller weights might not be normal numbers

// One channel's weights of one group; zeros behind the row's end, which every scale leaves as they are.
struct Group {
  Vector values[kVectors];
  Vector importance[kVectors];
  float largest = 0.0f;  // magnitude; NaN if one is not finite

  Group(const float* weights, const float* importances, Index count) {
    fill(values, weights, count);
    fill(importance, importances, count);
    for (Index i = 0; i < count; ++i) {
      if (!std::isfinite(weights[i])) largest = std::numeric_limits<float>::quiet_NaN();
      if (std::fabs(weights[i]) > largest) largest = std::fabs(weights[i]);
    }
  }

 private:
  static void fill(Vector* vectors, const float* from, Index count) {
    float padded[kInt4Group] = {};
    std::memcpy(padded, from, static_cast<std::size_t>(count) * sizeof(float));
    for (Index i = 0; i < kVectors; ++i) vectors[i] = Vector::load(padded + 16 * i);
  }
};

float squared_error(const Group& group, float scale) {
  const Vector inverse = Vector::broadcast(1.0f / scale);
  Vector sum = Vector::broadcast(0.0f);
  for (Index i = 0; i < kVectors; ++i) {
    const Vector error = group.values[i] - int4_integers(group.values[i] * inverse) * Vector::broadcast(scale);
    sum = sum + error * error * group.importance[i];
  }
  return reduce_add(sum);
}

// The next larger number of five significant bits.
float next_scale(float scale) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(scale) & 0xfff80000u) + 0x00080000u);
}

}  // namespace

// All scales are tried that reach from half of the largest weight to a little beyond it.
float best_int4_scale(const float* weights, const float* importance, Index count) {
  const Group group(weights, importance, count);
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

Shape int4_scales_shape(Index n, Index k) {
  return {(n + kPanelWidth - 1) / kPanelWidth, int4_groups(k), kPanelWidth};
}

bool is_int4_scale(float scale) {
  const auto bits = std::bit_cast<std::uint32_t>(scale);
  const bool is_normal = (bits & 0x7f800000u) != 0;
  return (bits & 0x0007ffffu) == 0 && (is_normal || scale == 0.0f);
}

Int4Builder::Int4Builder(Index n, Index k)
    : matrix_{Tensor(DType::kU8, packed_shape(n, k, DType::kI4)), Tensor(DType::kF32, int4_scales_shape(n, k))}, k_(k) {
  std::memset(matrix_.nibbles.raw(), 0x88, matrix_.nibbles.size_bytes());
  std::memset(matrix_.scales.raw(), 0, matrix_.scales.size_bytes());
}

void Int4Builder::set_group(Index channel, Index group, float scale, const float* integers) {
  const Index panel = channel / kPanelWidth;
  const Index lane = channel % kPanelWidth;
  float& stored_scale = matrix_.scales.data<float>()[(panel * int4_groups(k_) + group) * kPanelWidth + lane];
  stored_scale = scale;
  if (!(std::fabs(scale) > 0.0f)) return;
  const Index panel_bytes = matrix_.nibbles.shape()[1] * kPanelWidth * 4;
  auto* const bytes = matrix_.nibbles.data<std::uint8_t>() + panel * panel_bytes + lane * 4;
  const Index first = group * kInt4Group;
  for (Index kk = first; kk < k_ && kk < first + kInt4Group; ++kk) {
    const float integer = integers[kk - first];
    if (std::isnan(integer)) {
      stored_scale = std::numeric_limits<float>::quiet_NaN();  // no nibble says so
      return;
    }
    const auto nibble = static_cast<unsigned>(integer + 8.0f);
    std::uint8_t& byte = bytes[kk / 8 * kPanelWidth * 4 + kk % 8 / 2];
    byte = static_cast<std::uint8_t>(kk % 2 == 0 ? (byte & 0xf0u) | nibble : (byte & 0x0fu) | nibble << 4);
  }
}

Int4Matrix pack_int4(TensorView<const float> weights) {
  const Index n = weights.shape[0];
  const Index k = weights.shape[1];
  Int4Builder matrix(n, k);
  float equal[kInt4Group];
  for (float& importance : equal) importance = 1.0f;
  for (Index channel = 0; channel < n; ++channel) {
    for (Index first = 0; first < k; first += kInt4Group) {
      const Index count = k - first < kInt4Group ? k - first : kInt4Group;
      const float* const group = weights.data + channel * k + first;
      const float scale = best_int4_scale(group, equal, count);
      float integers[kInt4Group] = {};
      const Vector inverse = Vector::broadcast(1.0f / scale);
      for (Index i = 0; i < count; i += 16) {
        const Index rest = count - i < 16 ? count - i : 16;
        const Vector values = Vector::load_partial(group + i, rest, Vector::broadcast(0.0f));
        int4_integers(values * inverse).store(integers + i);
      }
      matrix.set_group(channel, first / kInt4Group, scale, integers);
    }
  }
  return matrix.finish();
}

PackedMatrix packed_view(const Int4Matrix& matrix, Index n, Index k) {
  return {matrix.nibbles.raw(), DType::kI4, n, k, matrix.nibbles.shape()[1], matrix.scales.data<float>(), nullptr};
}

}  // namespace vitpose::engine

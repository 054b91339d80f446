// The definitions of ops/gemm/gemm.h, ops/gemm/product_amx.h, ops/bf16_kernels.h and bf16 attention in plain loops, to
// compare every kernel with, bit for bit. Those of f32 that are not here are ops/reference.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/simd/bf16_scalar.h"
#include "ops/bf16_kernels.h"
#include "ops/gemm/gemm.h"
#include "ops/reference/plain.h"
#include "ops/reference/reference_backend.h"

namespace vitpose::engine::test {

using simd::flush_denormal;

// Who adds the products of bf16, and so in which order.
enum class PairOrder { kAvx512Bf16, kAmx };

inline PairOrder pair_order(std::string_view kernels) {
  return kernels == "amx" ? PairOrder::kAmx : PairOrder::kAvx512Bf16;
}

inline float round_to_bf16(float value) {
  return to_f32(to_bf16(flush_denormal(value)));
}

inline float fused_without_denormals(float a, float b, float c) {
  return flush_denormal(__builtin_fmaf(flush_denormal(a), flush_denormal(b), flush_denormal(c)));
}

// AVX512_BF16's one chain over the pairs from `first` to `end`.
template <class Left, class Right>
float pair_chain(Index first, Index end, Left left, Right right) {
  float sum = 0.0f;
  for (Index k = first; k < end; k += 2) {
    sum = fused_without_denormals(left(k + 1), right(k + 1), sum);
    sum = fused_without_denormals(left(k), right(k), sum);
  }
  return sum;
}

template <class Left, class Right>
float avx512_bf16_product(Index k, Left left, Right right) {
  float total = 0.0f;
  for (Index first = 0; first < k; first += 2 * kGemmBlock) {
    const float block = pair_chain(first, std::min(k, first + 2 * kGemmBlock), left, right);
    total = first == 0 ? block : total + block;
  }
  return total;
}

// What fills the last step is zero.
template <class Left, class Right>
float amx_product(Index k, Left left, Right right) {
  constexpr Index kStep = 32;
  float total = 0.0f;
  for (Index first = 0; first < k; first += kStep) {
    float chains[2] = {0.0f, 0.0f};
    for (Index i = first; i < first + kStep; ++i) {
      float& chain = chains[i % 2];
      chain = i < k ? fused_without_denormals(left(i), right(i), chain) : fused_without_denormals(0.0f, 0.0f, chain);
    }
    total = flush_denormal(total + flush_denormal(chains[0] + chains[1]));
  }
  return total;
}

// Row `row` of A, from 0 to k - 1.
template <class T>
class RowOfA {
 public:
  RowOfA(const GemmArguments& g, Index row)
      : first_(static_cast<const T*>(g.a) + g.a_layout.offset(row)),
        run_(g.weights.k / g.segments),
        segment_stride_(g.segment_stride) {}
  T operator[](Index k) const { return first_[k / run_ * segment_stride_ + k % run_]; }

 private:
  const T* first_;
  Index run_;
  Index segment_stride_;
};

inline int packed_integer(const PackedMatrix& matrix, Index channel, Index k) {
  const Index lane = channel % kPanelWidth;
  const Index at = channel / kPanelWidth * matrix.panel_stride() + (k / 4 * kPanelWidth + lane) * 4 + k % 4;
  return static_cast<const std::int8_t*>(matrix.data)[at];
}

// v of a product of bytes.
inline float defined_byte_value(const GemmArguments& g, Index row, Index channel) {
  const RowOfA<std::uint8_t> a(g, row);
  std::int64_t sum = 0;
  for (Index k = 0; k < g.weights.k; ++k) sum += a[k] * packed_integer(g.weights, channel, k);
  const float centred = __builtin_fmaf(-g.a_zeros[row], g.weights.sums[channel], static_cast<float>(sum));
  const float scale = g.a_scales[row] * g.weights.scales[channel];
  return __builtin_fmaf(centred, scale, g.bias != nullptr ? g.bias[channel] : -0.0f);
}

// v of any product.
inline float defined_value(const GemmArguments& g, Index row, Index channel, PairOrder order) {
  if (g.a_dtype == DType::kU8) return defined_byte_value(g, row, channel);
  const auto weight = [&](Index k) { return packed_element(g.weights, channel, k); };
  const auto bf16 = [a = RowOfA<BFloat16>(g, row)](Index k) { return to_f32(a[k]); };
  float v = 0.0f;
  if (g.a_dtype == DType::kF32) {
    v = plain_product(
        g.weights.k, [a = RowOfA<float>(g, row)](Index k) { return a[k]; }, weight);
  } else if (order == PairOrder::kAmx) {
    v = amx_product(g.weights.k, bf16, weight);
  } else {
    v = avx512_bf16_product(g.weights.k, bf16, weight);
  }
  return g.bias != nullptr ? v + g.bias[channel] : v;
}

// What the product leaves in C where there was `before`; if C is bf16, widened. The order matters if A is bf16.
inline float defined_output(const GemmArguments& g, Index row, Index channel, float before,
                            PairOrder order = PairOrder::kAvx512Bf16) {
  float v = defined_value(g, row, channel, order);
  switch (g.epilogue) {
    case Epilogue::kStore: break;
    case Epilogue::kRelu: v = plain_relu(v); break;
    case Epilogue::kGelu: v = reference_gelu(v); break;
    case Epilogue::kAccumulate: v = v + before; break;
  }
  return g.c_dtype == DType::kBF16 ? round_to_bf16(v) : v;
}

// bf16 attention's products pad k with zeros to whole steps, and AVX512_BF16 has one chain for all of k.
template <class Left, class Right>
float attention_product(PairOrder order, Index k, Left left, Right right) {
  if (order == PairOrder::kAmx) return amx_product(k, left, right);
  constexpr Index kStep = 2 * kAttentionUnits;
  return pair_chain(
      0, (k + kStep - 1) / kStep * kStep, [&](Index i) { return i < k ? left(i) : 0.0f; },
      [&](Index i) { return i < k ? right(i) : 0.0f; });
}

inline void defined_attention(const AttentionBf16Arguments& s, PairOrder order) {
  const float scale = attention_scale(s.head_size);
  std::vector<float> e(static_cast<std::size_t>(s.tokens));
  const auto element = [&](const BFloat16* matrix, Index token, Index d) {
    return to_f32(matrix[token * s.qkv_stride + d]);
  };
  for (Index i = 0; i < s.tokens; ++i) {
    float largest[16];
    std::fill(largest, largest + 16, -std::numeric_limits<float>::infinity());
    for (Index j = 0; j < s.tokens; ++j) {
      float& score = e[static_cast<std::size_t>(j)];
      score = attention_product(
          order, s.head_size, [&](Index d) { return element(s.q, i, d); }, [&](Index d) { return element(s.k, j, d); });
      largest[j % 16] = plain_max(largest[j % 16], score);
    }
    const float shift = -(plain_tree(largest, plain_max) * scale);
    float sums[16] = {};
    for (Index j = 0; j < s.tokens; ++j) {
      float& value = e[static_cast<std::size_t>(j)];
      value = reference_exp(std::fma(value, scale, shift));
      sums[j % 16] = sums[j % 16] + value;
      value = round_to_bf16(value);
    }
    const float inverse = 1.0f / plain_tree(sums, plain_add);
    for (Index d = 0; d < s.head_size; ++d) {
      const float product = attention_product(
          order, s.tokens, [&](Index j) { return e[static_cast<std::size_t>(j)]; },
          [&](Index j) { return element(s.v, j, d); });
      s.out[i * s.out_stride + d] = to_bf16(flush_denormal(product * inverse));
    }
  }
}

struct DefinedBytes {
  std::vector<std::uint8_t> bytes;  // anything if the scale is NaN
  float scale = 0.0f;
  float zero = 0.0f;
};

inline float widened(float value) {
  return value;
}
inline float widened(BFloat16 value) {
  return to_f32(value);
}

// quantise.h's, of f32 or bf16.
template <class T>
DefinedBytes defined_bytes(const T* x, Index count, Index padded) {
  DefinedBytes result;
  result.bytes.resize(static_cast<std::size_t>(padded));
  float lowest = 0.0f;
  float highest = 0.0f;
  for (Index i = 0; i < count; ++i) {
    const float value = widened(x[i]);
    if (!std::isfinite(value)) result.scale = std::numeric_limits<float>::quiet_NaN();
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  const float range = highest - lowest < kSmallestByteRange ? 0.0f : highest - lowest;
  result.scale = result.scale + range / 255.0f;
  if (std::isnan(result.scale) || range == 0.0f) return result;
  const double inverse = 255.0f / range;
  result.zero = static_cast<float>(std::nearbyint((0.0f - lowest) * inverse));
  for (Index i = 0; i < count; ++i) {
    const double byte = std::nearbyint(widened(x[i]) * inverse) + result.zero;
    result.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(std::clamp(byte, 0.0, 255.0));
  }
  return result;
}

}  // namespace vitpose::engine::test

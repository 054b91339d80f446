// Sixteen floats as an array: the vector type of the scalar kernels, and the definition of what the others
// (f32x16_avx2.h, f32x16_avx512.h, f32x16_neon.h) must compute in every lane, bit for bit. All have the same members.
//
// The reference backend uses the same code one lane at a time (F32x1), for exp and gelu.
#pragma once

#include <cstdint>

#include "core/shape.h"
#include "core/simd/fused.h"

namespace vitpose::engine::simd {

template <int kLanes>
struct F32Lanes {
  float lane[kLanes];

  static F32Lanes load(const float* p) {
    F32Lanes r;
    for (int i = 0; i < kLanes; ++i) r.lane[i] = p[i];
    return r;
  }
  // The first `count` lanes from memory, the others from `fill`; memory beyond them is not touched.
  static F32Lanes load_partial(const float* p, Index count, F32Lanes fill) {
    for (int i = 0; i < count; ++i) fill.lane[i] = p[i];
    return fill;
  }
  static F32Lanes broadcast(float value) {
    F32Lanes r;
    for (int i = 0; i < kLanes; ++i) r.lane[i] = value;
    return r;
  }
  void store(float* p) const {
    for (int i = 0; i < kLanes; ++i) p[i] = lane[i];
  }
  void store_partial(float* p, Index count) const {
    for (int i = 0; i < count; ++i) p[i] = lane[i];
  }
  // 32-bit integers as floats, rounded to nearest even.
  static F32Lanes from_integers(const float* bits) {
    F32Lanes r;
    for (int i = 0; i < kLanes; ++i) {
      std::int32_t integer;
      __builtin_memcpy(&integer, bits + i, sizeof(integer));
      r.lane[i] = static_cast<float>(integer);
    }
    return r;
  }
  // Of every 32-bit lane the four bits number `index`, less 8.
  static F32Lanes from_nibbles(const float* bits, int index) {
    F32Lanes r;
    for (int i = 0; i < kLanes; ++i) {
      std::uint32_t lane;
      __builtin_memcpy(&lane, bits + i, sizeof(lane));
      r.lane[i] = static_cast<float>(static_cast<std::int32_t>(lane >> (4 * index) & 15u) - 8);
    }
    return r;
  }
  // The upper halves of both, as lanes of two: bf16, if the lower halves are zero.
  static F32Lanes join_upper_halves(const F32Lanes& even, F32Lanes odd) {
    for (int i = 0; i < kLanes; ++i) {
      std::uint32_t low;
      std::uint32_t high;
      __builtin_memcpy(&low, &even.lane[i], sizeof(low));
      __builtin_memcpy(&high, &odd.lane[i], sizeof(high));
      high = (low >> 16) | (high & 0xffff0000u);
      __builtin_memcpy(&odd.lane[i], &high, sizeof(high));
    }
    return odd;
  }
  // The first `count` lanes, integers from 0 to 255; anything below is 0 and anything above 255, NaN is 0. Or as words.
  void store_bytes(std::uint8_t* p, Index count) const {
    for (int i = 0; i < count; ++i) p[i] = static_cast<std::uint8_t>(byte_of(lane[i]));
  }
  void store_words(std::int16_t* p, Index count) const {
    for (int i = 0; i < count; ++i) p[i] = static_cast<std::int16_t>(byte_of(lane[i]));
  }
  // out[c][r] = in[r][c] of a 4x4 block.
  static void transpose_4x4(const float* in, Index in_stride, float* out, Index out_stride) {
    for (int r = 0; r < 4; ++r) {
      for (int c = 0; c < 4; ++c) out[c * out_stride + r] = in[r * in_stride + c];
    }
  }

  friend F32Lanes operator+(F32Lanes a, const F32Lanes& b) {
    for (int i = 0; i < kLanes; ++i) a.lane[i] += b.lane[i];
    return a;
  }
  friend F32Lanes operator-(F32Lanes a, const F32Lanes& b) {
    for (int i = 0; i < kLanes; ++i) a.lane[i] -= b.lane[i];
    return a;
  }
  friend F32Lanes operator*(F32Lanes a, const F32Lanes& b) {
    for (int i = 0; i < kLanes; ++i) a.lane[i] *= b.lane[i];
    return a;
  }
  friend F32Lanes operator/(F32Lanes a, const F32Lanes& b) {
    for (int i = 0; i < kLanes; ++i) a.lane[i] /= b.lane[i];
    return a;
  }
  // a * b + c, rounded once.
  friend F32Lanes fma(const F32Lanes& a, const F32Lanes& b, F32Lanes c) {
    fused_multiply_add<kLanes>(a.lane, b.lane, c.lane);
    return c;
  }
  // a > b ? a : b, so the second operand wins when either is NaN and between zeros.
  friend F32Lanes max(const F32Lanes& a, F32Lanes b) {
    for (int i = 0; i < kLanes; ++i) b.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
    return b;
  }
  // a < b ? a : b
  friend F32Lanes min(const F32Lanes& a, F32Lanes b) {
    for (int i = 0; i < kLanes; ++i) b.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
    return b;
  }
  friend F32Lanes abs(F32Lanes a) {
    for (int i = 0; i < kLanes; ++i) a.lane[i] = __builtin_fabsf(a.lane[i]);
    return a;
  }
  friend F32Lanes sqrt(F32Lanes a) {
    for (int i = 0; i < kLanes; ++i) a.lane[i] = __builtin_sqrtf(a.lane[i]);
    return a;
  }
  // a * 2^n, rounded once (to a denormal, zero or infinity where needed). n: integers in [-252, 252]; a: normal.
  // Where n is NaN the result is NaN if a is.
  friend F32Lanes scale_by_power_of_two(F32Lanes a, const F32Lanes& n) {
    for (int i = 0; i < kLanes; ++i) {
      const std::int32_t exponent = n.lane[i] == n.lane[i] ? static_cast<std::int32_t>(n.lane[i]) : 0;
      const std::int32_t half = exponent >> 1;
      a.lane[i] = a.lane[i] * power_of_two(half) * power_of_two(exponent - half);
    }
    return a;
  }
  // One of eight: table[low three bits of the lane's representation].
  friend F32Lanes lookup(const float* table, F32Lanes bits) {
    for (int i = 0; i < kLanes; ++i) {
      std::uint32_t index;
      __builtin_memcpy(&index, &bits.lane[i], sizeof(index));
      bits.lane[i] = table[index & 7u];
    }
    return bits;
  }
  // One fixed tree: lanes i and i + 8 (i < 8), then i and i + 4, i and i + 2, 0 and 1.
  friend float reduce_add(F32Lanes a) {
    for (int half = kLanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) a.lane[i] = a.lane[i] + a.lane[i + half];
    }
    return a.lane[0];
  }
  // The same tree with max(lane i, lane i + half).
  friend float reduce_max(F32Lanes a) {
    for (int half = kLanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) a.lane[i] = a.lane[i] > a.lane[i + half] ? a.lane[i] : a.lane[i + half];
    }
    return a.lane[0];
  }

 private:
  static float byte_of(float value) { return value > 0.0f ? (value < 255.0f ? value : 255.0f) : 0.0f; }
  static float power_of_two(std::int32_t exponent) {  // in [-126, 127]
    const std::uint32_t bits = static_cast<std::uint32_t>(exponent + 127) << 23;
    float value;
    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
  }
};

using F32x16Scalar = F32Lanes<16>;
using F32x1 = F32Lanes<1>;

}  // namespace vitpose::engine::simd

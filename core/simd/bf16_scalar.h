// Sixteen pairs of bf16 in plain C++: the definition of what bf16_avx512_bf16.h does with instructions, bit for bit.
//
// As the processors have it: numbers below the normal floats count as zero of the same sign, as operands and as
// results, and rounding is to nearest even whatever the caller's floating-point environment says.
#pragma once

#include "core/dtype.h"
#include "core/simd/f32x16_scalar.h"

namespace vitpose::engine::simd {

inline float flush_denormal(float value) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7f800000u) == 0) bits &= 0x80000000u;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

struct Bf16Scalar {
  using Element = BFloat16;
  using Vector = F32x16Scalar;

  static Vector load(const BFloat16* p, Index count) {
    Vector v = Vector::broadcast(0.0f);
    for (Index i = 0; i < count; ++i) v.lane[i] = to_f32(p[i]);
    return v;
  }
  // Rounds to nearest even; the first `count` of 16.
  static void store(BFloat16* p, const Vector& v, Index count) {
    for (Index i = 0; i < count; ++i) p[i] = to_bf16(flush_denormal(v.lane[i]));
  }
  // out: `count` pairs, one of each row; the others are zero. `odd` may be null: zeros.
  static void interleave(const BFloat16* even, const BFloat16* odd, Index count, float* out) {
    for (Index i = 0; i < 16; ++i) {
      const std::uint32_t low = i < count ? even[i].bits : 0u;
      const std::uint32_t high = i < count && odd != nullptr ? odd[i].bits : 0u;
      const std::uint32_t pair = low | (high << 16);
      __builtin_memcpy(out + i, &pair, sizeof(pair));
    }
  }
  // sum + odd products, then + even products, each rounded once. A lane of a and b is a pair, the even one below.
  static Vector dot(Vector sum, const Vector& a, const Vector& b) {
    for (int i = 0; i < 16; ++i) {
      float total = flush_denormal(sum.lane[i]);
      total = flush_denormal(__builtin_fmaf(half_of(a.lane[i], 1), half_of(b.lane[i], 1), total));
      sum.lane[i] = flush_denormal(__builtin_fmaf(half_of(a.lane[i], 0), half_of(b.lane[i], 0), total));
    }
    return sum;
  }

  // sum + the four products of bytes of a, unsigned, and bytes of b, signed; lanes are integers.
  static Vector dot_bytes(Vector sum, const Vector& a, const Vector& b) {
    for (int i = 0; i < 16; ++i) {
      std::int32_t total;
      std::uint8_t left[4];
      std::int8_t right[4];
      __builtin_memcpy(&total, &sum.lane[i], sizeof(total));
      __builtin_memcpy(left, &a.lane[i], sizeof(left));
      __builtin_memcpy(right, &b.lane[i], sizeof(right));
      for (int j = 0; j < 4; ++j) total += left[j] * right[j];
      __builtin_memcpy(&sum.lane[i], &total, sizeof(total));
    }
    return sum;
  }

 private:
  static float half_of(const float& pair, int half) {
    std::uint32_t bits;
    __builtin_memcpy(&bits, &pair, sizeof(bits));
    return flush_denormal(to_f32(BFloat16{static_cast<std::uint16_t>(bits >> (16 * half))}));
  }
};

}  // namespace vitpose::engine::simd

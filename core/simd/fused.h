// a * b + c rounded once, in plain C++, for many numbers: what a fused multiply-add instruction gives.
//
// Without such an instruction __builtin_fmaf is a call, and a slow one. Here the product is exact in binary64, the
// sum is rounded to binary64 and then to binary32. Rounding twice differs from rounding once only if the first
// result lies exactly half-way between two floats: those rare cases, and results below the normal floats (where
// half-way points lie elsewhere), are left to the library, which is exact.
#pragma once

#include <cstdint>

namespace vitpose::engine::simd {

// The highest bit is set if rounding `sum` to a float may differ from rounding what `sum` was rounded from.
// Written without comparisons: compilers then vectorise it for any x86-64.
inline std::uint64_t may_round_twice(double sum) {
  std::uint64_t bits;
  __builtin_memcpy(&bits, &sum, sizeof(bits));
  const std::uint64_t beyond_half_way = (bits & 0x1fffffffu) ^ 0x10000000u;  // 0: exactly half-way
  const std::uint64_t magnitude = bits & 0x7fffffffffffffffu;
  const std::uint64_t below_normal = magnitude - (std::uint64_t{0x381} << 52);  // negative below 2^-126,
  const std::uint64_t zero = magnitude - 1;                                     // where only zero is harmless
  return (beyond_half_way - 1) | (below_normal & ~zero);
}

// c[i] = a[i] * b[i] + c[i]
template <int kCount>
inline void fused_multiply_add(const float* a, const float* b, float* c) {
#if !defined(__FP_FAST_FMAF)
  float rounded[kCount];
  std::uint64_t doubts = 0;
#pragma GCC unroll 1  // g++ unrolls short loops completely before it would vectorise them
  for (int i = 0; i < kCount; ++i) {
    const double sum = static_cast<double>(a[i]) * static_cast<double>(b[i]) + static_cast<double>(c[i]);
    rounded[i] = static_cast<float>(sum);
    doubts |= may_round_twice(sum);
  }
  if (__builtin_expect(doubts >> 63 == 0, 1)) {
    for (int i = 0; i < kCount; ++i) c[i] = rounded[i];
    return;
  }
#endif
  for (int i = 0; i < kCount; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
}

}  // namespace vitpose::engine::simd

// Sixteen floats in four NEON registers. f32x16_scalar.h defines what each member computes. Every 64-bit ARM processor
// has NEON, so nothing here needs detection, flags or protection from the linker; inlined so that vectors stay in
// registers.
#pragma once

#include <arm_neon.h>

#include "core/shape.h"

namespace vitpose::engine::simd {

struct F32x16Neon {
  float32x4_t q0;  // lanes 0..3
  float32x4_t q1;  // lanes 4..7
  float32x4_t q2;  // lanes 8..11
  float32x4_t q3;  // lanes 12..15

  [[gnu::always_inline]] static inline F32x16Neon load(const float* p) {
    return {vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)};
  }
  [[gnu::always_inline]] static inline F32x16Neon load_partial(const float* p, Index count, F32x16Neon fill) {
    float lanes[16];
    fill.store(lanes);
    for (Index i = 0; i < count; ++i) lanes[i] = p[i];
    return load(lanes);
  }
  [[gnu::always_inline]] static inline F32x16Neon broadcast(float value) {
    const float32x4_t v = vdupq_n_f32(value);
    return {v, v, v, v};
  }
  [[gnu::always_inline]] inline void store(float* p) const {
    vst1q_f32(p, q0);
    vst1q_f32(p + 4, q1);
    vst1q_f32(p + 8, q2);
    vst1q_f32(p + 12, q3);
  }
  [[gnu::always_inline]] inline void store_partial(float* p, Index count) const {
    float lanes[16];
    store(lanes);
    for (Index i = 0; i < count; ++i) p[i] = lanes[i];
  }
  [[gnu::always_inline]] static inline F32x16Neon from_nibbles(const float* bits, int index) {
    return {nibbles_of(bits, index), nibbles_of(bits + 4, index), nibbles_of(bits + 8, index),
            nibbles_of(bits + 12, index)};
  }
  [[gnu::always_inline]] static inline void transpose_4x4(const float* in, Index in_stride, float* out,
                                                          Index out_stride) {
    const float32x4_t row0 = vld1q_f32(in);
    const float32x4_t row1 = vld1q_f32(in + in_stride);
    const float32x4_t row2 = vld1q_f32(in + 2 * in_stride);
    const float32x4_t row3 = vld1q_f32(in + 3 * in_stride);
    const float32x4x2_t even = vzipq_f32(row0, row2);  // columns 0 and 1: r0 r2 r0 r2; columns 2 and 3
    const float32x4x2_t odd = vzipq_f32(row1, row3);
    const float32x4x2_t low = vzipq_f32(even.val[0], odd.val[0]);
    const float32x4x2_t high = vzipq_f32(even.val[1], odd.val[1]);
    vst1q_f32(out, low.val[0]);
    vst1q_f32(out + out_stride, low.val[1]);
    vst1q_f32(out + 2 * out_stride, high.val[0]);
    vst1q_f32(out + 3 * out_stride, high.val[1]);
  }

  [[gnu::always_inline]] friend inline F32x16Neon operator+(F32x16Neon a, F32x16Neon b) {
    return {vaddq_f32(a.q0, b.q0), vaddq_f32(a.q1, b.q1), vaddq_f32(a.q2, b.q2), vaddq_f32(a.q3, b.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon operator-(F32x16Neon a, F32x16Neon b) {
    return {vsubq_f32(a.q0, b.q0), vsubq_f32(a.q1, b.q1), vsubq_f32(a.q2, b.q2), vsubq_f32(a.q3, b.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon operator*(F32x16Neon a, F32x16Neon b) {
    return {vmulq_f32(a.q0, b.q0), vmulq_f32(a.q1, b.q1), vmulq_f32(a.q2, b.q2), vmulq_f32(a.q3, b.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon operator/(F32x16Neon a, F32x16Neon b) {
    return {vdivq_f32(a.q0, b.q0), vdivq_f32(a.q1, b.q1), vdivq_f32(a.q2, b.q2), vdivq_f32(a.q3, b.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon fma(F32x16Neon a, F32x16Neon b, F32x16Neon c) {
    return {vfmaq_f32(c.q0, a.q0, b.q0), vfmaq_f32(c.q1, a.q1, b.q1), vfmaq_f32(c.q2, a.q2, b.q2),
            vfmaq_f32(c.q3, a.q3, b.q3)};
  }
  // Not vmaxq: it would give NaN if either is, and +0 for zeros.
  [[gnu::always_inline]] friend inline F32x16Neon max(F32x16Neon a, F32x16Neon b) {
    return {larger(a.q0, b.q0), larger(a.q1, b.q1), larger(a.q2, b.q2), larger(a.q3, b.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon min(F32x16Neon a, F32x16Neon b) {
    return {smaller(a.q0, b.q0), smaller(a.q1, b.q1), smaller(a.q2, b.q2), smaller(a.q3, b.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon abs(F32x16Neon a) {
    return {vabsq_f32(a.q0), vabsq_f32(a.q1), vabsq_f32(a.q2), vabsq_f32(a.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon sqrt(F32x16Neon a) {
    return {vsqrtq_f32(a.q0), vsqrtq_f32(a.q1), vsqrtq_f32(a.q2), vsqrtq_f32(a.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon scale_by_power_of_two(F32x16Neon a, F32x16Neon n) {
    return {scale(a.q0, n.q0), scale(a.q1, n.q1), scale(a.q2, n.q2), scale(a.q3, n.q3)};
  }
  [[gnu::always_inline]] friend inline F32x16Neon lookup(const float* table, F32x16Neon bits) {
    const uint8x16x2_t eight = {{vreinterpretq_u8_f32(vld1q_f32(table)), vreinterpretq_u8_f32(vld1q_f32(table + 4))}};
    return {choose(eight, bits.q0), choose(eight, bits.q1), choose(eight, bits.q2), choose(eight, bits.q3)};
  }
  [[gnu::always_inline]] friend inline float reduce_add(F32x16Neon a) {
    const float32x4_t four = vaddq_f32(vaddq_f32(a.q0, a.q2), vaddq_f32(a.q1, a.q3));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
  }
  [[gnu::always_inline]] friend inline float reduce_max(F32x16Neon a) {
    const float32x4_t four = larger(larger(a.q0, a.q2), larger(a.q1, a.q3));
    const float32x4_t two = larger(four, vextq_f32(four, four, 2));
    return vgetq_lane_f32(larger(two, vdupq_laneq_f32(two, 1)), 0);
  }

 private:
  [[gnu::always_inline]] static inline float32x4_t nibbles_of(const float* bits, int index) {
    const uint32x4_t shifted = vshlq_u32(vreinterpretq_u32_f32(vld1q_f32(bits)), vdupq_n_s32(-4 * index));
    const int32x4_t nibbles = vreinterpretq_s32_u32(vandq_u32(shifted, vdupq_n_u32(15)));
    return vcvtq_f32_s32(vsubq_s32(nibbles, vdupq_n_s32(8)));
  }
  [[gnu::always_inline]] static inline float32x4_t larger(float32x4_t a, float32x4_t b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
  }
  [[gnu::always_inline]] static inline float32x4_t smaller(float32x4_t a, float32x4_t b) {
    return vbslq_f32(vcltq_f32(a, b), a, b);
  }
  // Two factors, because 2^n alone may be out of range; the first product is exact. NaN converts to 0.
  [[gnu::always_inline]] static inline float32x4_t scale(float32x4_t a, float32x4_t n) {
    const int32x4_t exponent = vcvtq_s32_f32(n);
    const int32x4_t half = vshrq_n_s32(exponent, 1);
    return vmulq_f32(vmulq_f32(a, power_of_two(half)), power_of_two(vsubq_s32(exponent, half)));
  }
  // The table is looked up byte by byte: index i is bytes 4i .. 4i + 3.
  [[gnu::always_inline]] static inline float32x4_t choose(uint8x16x2_t eight, float32x4_t bits) {
    const uint32x4_t index = vandq_u32(vreinterpretq_u32_f32(bits), vdupq_n_u32(7));
    const uint32x4_t bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100), index, 0x04040404);
    return vreinterpretq_f32_u8(vqtbl2q_u8(eight, vreinterpretq_u8_u32(bytes)));
  }
  [[gnu::always_inline]] static inline float32x4_t power_of_two(int32x4_t exponent) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(exponent, vdupq_n_s32(127)), 23));
  }
};

}  // namespace vitpose::engine::simd

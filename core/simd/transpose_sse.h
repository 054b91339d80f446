// What the x86 vector types share. Included behind <immintrin.h>, and always inlined, as they are.
#pragma once

#include "core/shape.h"

namespace vitpose::engine::simd {

// out[j * out_stride + i] = in[i * in_stride + j] for i and j below 4.
[[gnu::always_inline]] inline void transpose_4x4_sse(const float* in, Index in_stride, float* out, Index out_stride) {
  __m128 row0 = _mm_loadu_ps(in);
  __m128 row1 = _mm_loadu_ps(in + in_stride);
  __m128 row2 = _mm_loadu_ps(in + 2 * in_stride);
  __m128 row3 = _mm_loadu_ps(in + 3 * in_stride);
  _MM_TRANSPOSE4_PS(row0, row1, row2, row3);
  _mm_storeu_ps(out, row0);
  _mm_storeu_ps(out + out_stride, row1);
  _mm_storeu_ps(out + 2 * out_stride, row2);
  _mm_storeu_ps(out + 3 * out_stride, row3);
}

}  // namespace vitpose::engine::simd

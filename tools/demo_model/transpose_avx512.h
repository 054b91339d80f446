// 16x16 words of 32 bits.
#pragma once
#include <immintrin.h>
#include <stdint.h>

static inline void transpose_words(const uint32_t* from, int64_t stride, uint32_t* to, int64_t to_stride) {
  __m512i r[16], t[16];
  for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(from + i * stride);
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    __m512i low02 = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88), high02 = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    __m512i low13 = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    __m512i high13 = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    _mm512_storeu_si512(to + i * to_stride, _mm512_shuffle_i32x4(low02, low13, 0x88));
    _mm512_storeu_si512(to + (i + 8) * to_stride, _mm512_shuffle_i32x4(low02, low13, 0xdd));
    _mm512_storeu_si512(to + (i + 4) * to_stride, _mm512_shuffle_i32x4(high02, high13, 0x88));
    _mm512_storeu_si512(to + (i + 12) * to_stride, _mm512_shuffle_i32x4(high02, high13, 0xdd));
  }
}

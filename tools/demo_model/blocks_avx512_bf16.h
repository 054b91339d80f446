// Blocks of products by AVX512_BF16, in bfloat16 (blocks.h): for processors whose vdpbf16ps is as fast as their other
// multiply-adds.
#pragma once
#include <immintrin.h>

#include "bfloat16.h"

static inline void narrow_row(const float* from, half* to) {
  __m512bh row = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + 16), _mm512_loadu_ps(from));
  memcpy(to, &row, sizeof row);
}

static void set_up_tiles(void) {}

// 16 sums, two vectors of b and one of a fill 19 registers; 10 loads for 16 products.
enum { ROWS = 8 };

static inline void block_product(const half* a, int64_t stride, const half* b, int64_t k, float (*sums)[BLOCK]) {
  for (int row = 0; row < BLOCK; row += ROWS) {
    __m512 left[ROWS], right[ROWS];
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) left[r] = right[r] = _mm512_setzero_ps();
    for (int64_t i = 0; i < k; i += 2) {
      __m512bh low = (__m512bh)_mm512_load_si512(b + i * BLOCK);
      __m512bh high = (__m512bh)_mm512_load_si512(b + (i + 1) * BLOCK);
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; ++r) {
        int pair;
        memcpy(&pair, a + (row + r) * stride + i, sizeof pair);
        __m512bh both = (__m512bh)_mm512_set1_epi32(pair);
        left[r] = _mm512_dpbf16_ps(left[r], both, low);
        right[r] = _mm512_dpbf16_ps(right[r], both, high);
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) {
      _mm512_store_ps(sums[row + r], left[r]);
      _mm512_store_ps(sums[row + r] + 16, right[r]);
    }
  }
}

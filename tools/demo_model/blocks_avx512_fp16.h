// Blocks of products by AVX512_FP16, in half precision (blocks.h).
#pragma once
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t half;
enum { BLOCK = 32 };

static inline float widen(half v) {
  _Float16 f;
  memcpy(&f, &v, 2);
  return (float)f;
}

static inline half narrow(float f) {
  _Float16 v = (_Float16)f;
  half bits;
  memcpy(&bits, &v, 2);
  return bits;
}

static inline void narrow_row(const float* from, half* to) {
  _mm256_storeu_ph(to, _mm512_cvtxps_ph(_mm512_loadu_ps(from)));
  _mm256_storeu_ph(to + 16, _mm512_cvtxps_ph(_mm512_loadu_ps(from + 16)));
}

// gcc 12 does not make vectors of narrower conversions.
static inline void to_float(const half* from, int64_t n, float* to) {
  for (int64_t i = 0; i < n; i += 16) _mm512_storeu_ps(to + i, _mm512_cvtxph_ps(_mm256_loadu_ph(from + i)));
}

static void set_up_tiles(void) {}

// Sums of 48 products in half precision (of even and of odd k, side by side), which then go into sums in float: to add
// up in half precision loses less than the rounding of bfloat16's operands does, and vdpbf16ps has a quarter of the
// speed.
enum { DEPTH = 96, ROWS = 8 };

// to [16] = or += the sums of pairs. A half's bits in a float's places are the half times 2^-112.
static inline void add_pairs(float* to, __m512h sums, int fresh) {
  const __m512i signs_and_digits = _mm512_set1_epi32((int)0x8fffe000);
  __m512i turned = _mm512_rol_epi32(_mm512_castph_si512(sums), 16);
  __m512i bits = _mm512_castph_si512(_mm512_add_ph(sums, _mm512_castsi512_ph(turned)));
  __m512 tiny = _mm512_castsi512_ps(_mm512_and_si512(_mm512_srai_epi32(bits, 3), signs_and_digits));
  __m512 scale = _mm512_set1_ps(0x1p112f);
  _mm512_store_ps(to, fresh ? _mm512_mul_ps(tiny, scale) : _mm512_fmadd_ps(tiny, scale, _mm512_load_ps(to)));
}

static inline void block_product(const half* a, int64_t stride, const half* b, int64_t k, float (*sums)[BLOCK]) {
  for (int64_t first = 0; first < k; first += DEPTH) {
    int64_t end = first + DEPTH < k ? first + DEPTH : k;
    for (int row = 0; row < BLOCK; row += ROWS) {
      __m512h left[ROWS], right[ROWS];
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; ++r) left[r] = right[r] = _mm512_setzero_ph();
      for (int64_t i = first; i < end; i += 2) {
        __m512h low = _mm512_load_ph(b + i * BLOCK), high = _mm512_load_ph(b + (i + 1) * BLOCK);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r) {
          int pair;
          memcpy(&pair, a + (row + r) * stride + i, sizeof pair);
          __m512h both = _mm512_castsi512_ph(_mm512_set1_epi32(pair));
          left[r] = _mm512_fmadd_ph(low, both, left[r]);
          right[r] = _mm512_fmadd_ph(high, both, right[r]);
        }
      }
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; ++r) {
        add_pairs(sums[row + r], left[r], first == 0);
        add_pairs(sums[row + r] + 16, right[r], first == 0);
      }
    }
  }
}

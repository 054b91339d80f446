// Matrix products in numbers of 16 bits with float sums, for training on one thread: bfloat16 on AMX where the
// compiler's machine has it, else half precision with AVX512_FP16, else bfloat16 in plain loops. Matrices are
// row-major; the right operand is packed in panels of 32 columns, rows in pairs: [columns / 32][rows / 2][32][2]. All
// sizes are multiples of 32.
#pragma once
#include <stdint.h>
#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

typedef uint16_t half;
enum { BLOCK = 32 };
#if !defined(__AMX_BF16__) && defined(__AVX512FP16__)
#define HALF_PRECISION
#endif

#if defined(HALF_PRECISION)
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
#else
static inline float widen(half v) {
  uint32_t u = (uint32_t)v << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

static inline half narrow(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return (half)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}
#endif

// A row of a block.
static inline void narrow_row(const float* from, half* to) {
#if defined(HALF_PRECISION)
  _mm256_storeu_ph(to, _mm512_cvtxps_ph(_mm512_loadu_ps(from)));
  _mm256_storeu_ph(to + 16, _mm512_cvtxps_ph(_mm512_loadu_ps(from + 16)));
#elif defined(__AVX512BF16__)
  __m512bh row = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + 16), _mm512_loadu_ps(from));
  memcpy(to, &row, sizeof row);
#else
  for (int i = 0; i < BLOCK; ++i) to[i] = narrow(from[i]);
#endif
}

// n, a multiple of 16, of them.
static inline void to_float(const half* from, int64_t n, float* to) {
#if defined(HALF_PRECISION)  // gcc 12 does not make vectors of narrower conversions
  for (int64_t i = 0; i < n; i += 16) _mm512_storeu_ps(to + i, _mm512_cvtxph_ps(_mm256_loadu_ph(from + i)));
#else
  for (int64_t i = 0; i < n; ++i) to[i] = widen(from[i]);
#endif
}

static inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// What becomes of a block of 32x32 sums at (row, column).
typedef void (*Finish)(const float (*sums)[BLOCK], int64_t row, int64_t column, void* to);

#if defined(__AMX_BF16__)
// Once a thread, before its first product.
static void set_up_tiles(void) {
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } shape = {.palette = 1};
  for (int i = 0; i < 8; ++i) {
    shape.bytes[i] = 64;
    shape.rows[i] = 16;
  }
  _tile_loadconfig(&shape);
}

static inline void block_product(const half* a, int64_t stride, const half* b, int64_t k, float (*sums)[BLOCK]) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t i = 0; i < k; i += 32) {
    _tile_loadd(4, a + i, stride * 2);
    _tile_loadd(6, b + i * BLOCK, 128);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, b + i * BLOCK + 32, 128);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + 16 * stride + i, stride * 2);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sums[0], 128);
  _tile_stored(1, sums[0] + 16, 128);
  _tile_stored(2, sums[16], 128);
  _tile_stored(3, sums[16] + 16, 128);
}
#elif defined(HALF_PRECISION)
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
  for (int64_t first = 0; first < k; first += DEPTH)
    for (int row = 0; row < BLOCK; row += ROWS) {
      __m512h left[ROWS], right[ROWS];
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; ++r) left[r] = right[r] = _mm512_setzero_ph();
      for (int64_t i = first; i < smaller(first + DEPTH, k); i += 2) {
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
#else
static void set_up_tiles(void) {}

static inline void block_product(const half* a, int64_t stride, const half* b, int64_t k, float (*sums)[BLOCK]) {
  memset(sums, 0, sizeof(float) * BLOCK * BLOCK);
  for (int64_t i = 0; i < k; i += 2)
    for (int r = 0; r < BLOCK; ++r) {
      float even = widen(a[r * stride + i]), odd = widen(a[r * stride + i + 1]);
      for (int c = 0; c < BLOCK; ++c)
        sums[r][c] += even * widen(b[(i * BLOCK) + 2 * c]) + odd * widen(b[(i * BLOCK) + 2 * c + 1]);
    }
}
#endif

// a [m, k] times packed b [k, n]; rows of a in groups that stay in the second-level cache.
static void product(const half* a, int64_t stride, const half* b, int64_t m, int64_t n, int64_t k, Finish finish,
                    void* to) {
  float sums[BLOCK][BLOCK] __attribute__((aligned(64)));
  int64_t group = BLOCK * (1 + (1 << 17) / (k * BLOCK));
  for (int64_t from = 0; from < m; from += group)
    for (int64_t column = 0; column < n; column += BLOCK)
      for (int64_t row = from; row < smaller(from + group, m); row += BLOCK) {
        block_product(a + row * stride, stride, b + column * k, k, sums);
        finish((const float(*)[BLOCK])sums, row, column, to);
      }
}

// 16x16 words of 32 bits.
static inline void transpose_words(const uint32_t* from, int64_t stride, uint32_t* to, int64_t to_stride) {
#if defined(__AVX512F__)
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
#else
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) to[j * to_stride + i] = from[i * stride + j];
#endif
}

// x [k, n] as the right operand.
static void pack(const half* x, int64_t stride, int64_t k, int64_t n, half* out) {
  for (int64_t i = 0; i < k; i += 2)
    for (int64_t c = 0; c < n; c += BLOCK) {
      const half *even = x + i * stride + c, *odd = even + stride;
      uint32_t* to = (uint32_t*)(out + c * k + i * BLOCK);
      for (int j = 0; j < BLOCK; ++j) to[j] = even[j] | (uint32_t)odd[j] << 16;
    }
}

// The transpose of x [n, k] as the right operand.
static void pack_transposed(const half* x, int64_t stride, int64_t k, int64_t n, half* out) {
  for (int64_t c = 0; c < n; c += 16)
    for (int64_t i = 0; i < k; i += 32)
      transpose_words((const uint32_t*)(x + c * stride + i), stride / 2,
                      (uint32_t*)(out + (c / BLOCK) * BLOCK * k + i * BLOCK) + c % BLOCK, BLOCK);
}

// x [rows, columns] to out [columns, rows].
static void transpose(const half* x, int64_t stride, int64_t rows, int64_t columns, half* out) {
  uint32_t words[16][16] __attribute__((aligned(64)));
  for (int64_t c = 0; c < columns; c += 16)
    for (int64_t r = 0; r < rows; r += 32) {
      for (int i = 0; i < 16; ++i) {
        const half *even = x + (r + 2 * i) * stride + c, *odd = even + stride;
        for (int j = 0; j < 16; ++j) words[i][j] = even[j] | (uint32_t)odd[j] << 16;
      }
      transpose_words(words[0], 16, (uint32_t*)(out + c * rows + r), rows / 2);
    }
}

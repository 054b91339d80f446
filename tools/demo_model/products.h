// Matrix products in bfloat16 with float sums, for training on one thread: on AMX where the compiler's machine has it,
// else in plain loops. Matrices are row-major; the right operand is packed in panels of 32 columns, rows in pairs:
// [columns / 32][rows / 2][32][2]. All sizes are multiples of 32.
#pragma once
#include <stdint.h>
#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

typedef uint16_t bf16;
enum { BLOCK = 32 };

static inline float widen(bf16 v) {
  uint32_t u = (uint32_t)v << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

static inline bf16 narrow(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return (bf16)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

// A row of a block.
static inline void narrow_row(const float* from, bf16* to) {
#if defined(__AVX512BF16__)
  __m512bh row = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + 16), _mm512_loadu_ps(from));
  memcpy(to, &row, sizeof row);
#else
  for (int i = 0; i < BLOCK; ++i) to[i] = narrow(from[i]);
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

static inline void block_product(const bf16* a, int64_t stride, const bf16* b, int64_t k, float (*sums)[BLOCK]) {
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
#else
static void set_up_tiles(void) {}

static inline void block_product(const bf16* a, int64_t stride, const bf16* b, int64_t k, float (*sums)[BLOCK]) {
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
static void product(const bf16* a, int64_t stride, const bf16* b, int64_t m, int64_t n, int64_t k, Finish finish,
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
static void pack(const bf16* x, int64_t stride, int64_t k, int64_t n, bf16* out) {
  for (int64_t i = 0; i < k; i += 2)
    for (int64_t c = 0; c < n; c += BLOCK) {
      const bf16 *even = x + i * stride + c, *odd = even + stride;
      uint32_t* to = (uint32_t*)(out + c * k + i * BLOCK);
      for (int j = 0; j < BLOCK; ++j) to[j] = even[j] | (uint32_t)odd[j] << 16;
    }
}

// The transpose of x [n, k] as the right operand.
static void pack_transposed(const bf16* x, int64_t stride, int64_t k, int64_t n, bf16* out) {
  for (int64_t c = 0; c < n; c += 16)
    for (int64_t i = 0; i < k; i += 32)
      transpose_words((const uint32_t*)(x + c * stride + i), stride / 2,
                      (uint32_t*)(out + (c / BLOCK) * BLOCK * k + i * BLOCK) + c % BLOCK, BLOCK);
}

// x [rows, columns] to out [columns, rows].
static void transpose(const bf16* x, int64_t stride, int64_t rows, int64_t columns, bf16* out) {
  uint32_t words[16][16] __attribute__((aligned(64)));
  for (int64_t c = 0; c < columns; c += 16)
    for (int64_t r = 0; r < rows; r += 32) {
      for (int i = 0; i < 16; ++i) {
        const bf16 *even = x + (r + 2 * i) * stride + c, *odd = even + stride;
        for (int j = 0; j < 16; ++j) words[i][j] = even[j] | (uint32_t)odd[j] << 16;
      }
      transpose_words(words[0], 16, (uint32_t*)(out + c * rows + r), rows / 2);
    }
}

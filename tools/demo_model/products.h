// Matrix products in numbers of 16 bits with float sums, for training on one thread. Matrices are row-major; the right
// operand is packed in panels of 32 columns, rows in pairs: [columns / 32][rows / 2][32][2]. All sizes are multiples
// of 32.
#pragma once
#include "blocks.h"
#if defined(__AVX512F__)
#include "transpose_avx512.h"
#else
#include "transpose_scalar.h"
#endif

static inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// What becomes of a block of 32x32 sums at (row, column).
typedef void (*Finish)(const float (*sums)[BLOCK], int64_t row, int64_t column, void* to);

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

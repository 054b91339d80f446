// Blocks of products in plain loops, in bfloat16 (blocks.h).
#pragma once
#include "bfloat16.h"

static inline void narrow_row(const float* from, half* to) {
  for (int i = 0; i < BLOCK; ++i) to[i] = narrow(from[i]);
}

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

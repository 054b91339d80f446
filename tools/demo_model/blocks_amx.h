// Blocks of products by AMX, in bfloat16 (blocks.h).
#pragma once
#include <immintrin.h>

#include "bfloat16.h"

static inline void narrow_row(const float* from, half* to) {
  __m512bh row = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + 16), _mm512_loadu_ps(from));
  memcpy(to, &row, sizeof row);
}

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

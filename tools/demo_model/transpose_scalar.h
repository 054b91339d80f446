// 16x16 words of 32 bits.
#pragma once
#include <stdint.h>

static inline void transpose_words(const uint32_t* from, int64_t stride, uint32_t* to, int64_t to_stride) {
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) to[j * to_stride + i] = from[i * stride + j];
}

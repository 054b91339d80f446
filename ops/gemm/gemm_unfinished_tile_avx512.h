// What the assembly of gemm_whole_tiles_avx512.h reads.
#pragma once

#include "core/simd/math.h"
#include "core/tensor.h"

namespace vitpose::engine {

// A multiplied tile that waits for its epilogue, which reads everything but C from here.
struct alignas(64) UnfinishedTileAvx512 {
  // What gelu() of core/simd/math.h calculates with: the eight of each power twice, and the rest.
  float gelu_table[7][16];
  float gelu_rounder = 12582912.0f;
  float gelu_half = 0.5f;
  float gelu_most = 7 * simd::kGeluSegment;
  float gelu_per_segment = 1 / simd::kGeluSegment;
  float gelu_negative_segment = -simd::kGeluSegment;
  unsigned gelu_magnitude = 0x7fffffffu;
  float zeros[6];    // of rows of bytes
  float factors[6];  // likewise: their scales
  alignas(64) float bias[64];
  float scales[64];         // of channels of int8
  float negative_sums[64];  // likewise
  const float* sums;        // [6][64]
  void* c;
  Index c_stride;  // bytes

  [[gnu::always_inline]] inline void fill_gelu_table() {
    for (int power = 0; power < 7; ++power) {
      for (int i = 0; i < 16; ++i) gelu_table[power][i] = simd::kGeluTable[power][i % 8];
    }
  }
};
// Where the assembly below finds them.
static_assert(__builtin_offsetof(UnfinishedTileAvx512, gelu_rounder) == 448);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, gelu_half) == 452);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, gelu_most) == 456);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, gelu_per_segment) == 460);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, gelu_negative_segment) == 464);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, gelu_magnitude) == 468);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, zeros) == 472);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, factors) == 496);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, bias) == 576);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, scales) == 832);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, negative_sums) == 1088);
static_assert(__builtin_offsetof(UnfinishedTileAvx512, c_stride) == 1360);

}  // namespace vitpose::engine

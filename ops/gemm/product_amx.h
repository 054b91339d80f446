// 32 rows by up to 32 channels of a product on AMX: what the matrix products and attention are made of. A unit of k, 32
// bits, is two bf16 or four bytes.
//
// Registers: tiles 0..3 are the sums (2 x 2 tiles of 16 x 16 floats), 4 and 5 rows of A, 6 and 7 channels of B. One
// step takes 16 units: four loads and four products of 16 cycles each. A panel of packed weights, 16 units long, is a
// tile as it lies.
//
// Bytes (A unsigned, B signed) are multiplied and added as 32-bit integers. Definition for bf16, per output and step of
// 16 units (32 values of k): the even values' products are one chain of fused multiply-adds in
// ascending k from 0, the odd values' another; the two sums are added, and then that to the sum of the steps before.
// Denormals count as zero, and rounding is to nearest even, whatever MXCSR says.
#pragma once

#include "core/simd/amx_tiles.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

inline constexpr Index kAmxRows = 32;
inline constexpr Index kAmxStep = 16;   // units
inline constexpr Index kAmxPanels = 2;  // of B

struct AmxOperands {
  const float* a = nullptr;  // 32 rows of units
  Index a_stride = 0;        // units from row to row
  const float* b = nullptr;  // panels, units x 16
  Index b_stride = 0;        // units x 16 from panel to panel
};

// kUnit: elements of a unit, 2 bf16 or 4 bytes.
template <int kUnit, int kPanels>
class AmxProduct {
 public:
  [[gnu::always_inline]] static inline void clear() {
    _tile_zero(0);
    _tile_zero(2);
    if constexpr (kPanels == 2) {
      _tile_zero(1);
      _tile_zero(3);
    }
  }

  [[gnu::always_inline]] static inline void load(const float* sums, Index stride) {
    const Index row_bytes = stride * static_cast<Index>(sizeof(float));
    _tile_loadd(0, sums, row_bytes);
    _tile_loadd(2, sums + 16 * stride, row_bytes);
    if constexpr (kPanels == 2) {
      _tile_loadd(1, sums + 16, row_bytes);
      _tile_loadd(3, sums + 16 * stride + 16, row_bytes);
    }
  }

  // sums: 32 rows of 16 floats for each panel
  [[gnu::always_inline]] static inline void store(float* sums, Index stride) {
    const Index row_bytes = stride * static_cast<Index>(sizeof(float));
    _tile_stored(0, sums, row_bytes);
    _tile_stored(2, sums + 16 * stride, row_bytes);
    if constexpr (kPanels == 2) {
      _tile_stored(1, sums + 16, row_bytes);
      _tile_stored(3, sums + 16 * stride + 16, row_bytes);
    }
    simd::AmxTiles::memory_barrier();
  }

  // One step.
  [[gnu::always_inline]] static inline void add(const AmxOperands& in) {
    const Index row_bytes = in.a_stride * static_cast<Index>(sizeof(float));
    _tile_loadd(6, in.b, 64);
    _tile_loadd(4, in.a, row_bytes);
    if constexpr (kPanels == 2) _tile_loadd(7, in.b + in.b_stride, 64);
    _tile_loadd(5, in.a + 16 * in.a_stride, row_bytes);
    if constexpr (kUnit == 2) {
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (kPanels == 2) _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (kPanels == 2) _tile_dpbf16ps(3, 5, 7);
    } else {
      _tile_dpbusd(0, 4, 6);
      if constexpr (kPanels == 2) _tile_dpbusd(1, 4, 7);
      _tile_dpbusd(2, 5, 6);
      if constexpr (kPanels == 2) _tile_dpbusd(3, 5, 7);
    }
  }
};

}  // namespace vitpose::engine

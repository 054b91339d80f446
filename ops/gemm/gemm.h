// Matrix product with an epilogue: C = epilogue(A W^T + bias), the work-horse of every layer.
//
// Definition, identical on every instruction set and in the reference (docs/numerics.md, "Same bits"):
//   k is cut into blocks of kGemmBlock, starting at 0. Within a block one chain of fused multiply-adds in
//   ascending k, starting from +0. The blocks' sums are added in ascending order, starting from the first:
//       s = block0;  s = s + block1;  s = s + block2; ...
//   then v = s + bias[j] (bias absent: v = s), then
//       kStore: c = v      kRelu: c = v < 0 ? 0 : v (NaN passes)      kGelu: c = gelu(v)      kAccumulate: c = v + c
// Tiling over rows and channels, threads and batch therefore never change a bit.
//
// That is for A of f32, whatever the weights are stored in. A of bf16 (weights of bf16 or int4, which is exact in bf16)
// is multiplied by the processor's own instructions, each of which adds several products: ops/bf16_kernels.h says in
// which order, one definition for each instruction set. k is then counted in pairs, and blocks of k are kGemmBlock
// pairs long. So that all read alike, kernels count in units of 32 bits: one f32, two bf16, four bytes or two words.
//
// A of u8, or of words that hold such bytes (weights of int8): the products are added as integers, which is exact. Row
// r stands for a_scales[r] * (a - a_zeros[r]), channel j for scales[j] * w, so with s the sum of a w over k
//   v = fma(fma(-a_zeros[r], sums[j], s), a_scales[r] * scales[j], bias[j])
#pragma once

#include "core/tensor.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

// A chain's rounding error grows with its length: with 256 the heatmaps' error was a quarter larger, and no faster.
inline constexpr Index kGemmBlock = 128;

enum class Epilogue { kStore, kRelu, kGelu, kAccumulate };

// Where the rows of a matrix lie in memory. Row r is pixel r % pixels_per_line of line r / pixels_per_line;
// lines are counted through all images. A plain matrix is one endless line. With this, convolutions over a
// zero-padded image are products without an im2col copy. Strides are in elements.
struct RowLayout {
  Index pixels_per_line = 0;
  Index lines_per_image = 0;
  Index pixel_stride = 0;
  Index line_stride = 0;
  Index image_stride = 0;

  static RowLayout plain(Index rows, Index row_stride) { return {rows, 1, row_stride, 0, 0}; }
  Index offset(Index row) const {
    const Index line = row / pixels_per_line;
    return (line / lines_per_image) * image_stride + (line % lines_per_image) * line_stride +
           (row % pixels_per_line) * pixel_stride;
  }
};

struct GemmArguments {
  Index rows = 0;

  // A: each row's k values are `segments` runs of k / segments contiguous elements, segment_stride apart
  // (a 2x2 window of an image is two runs of two pixels). Plain matrix: one segment.
  const void* a = nullptr;
  // kF32: weights of f32, bf16 or int4. kBF16: weights of bf16 or int4; k, runs and strides are even, and lines and
  // images lie whole numbers of pixels apart. kU8: weights of int8; runs and strides are whole units (of one run,
  // what fills the last unit is there). kI16: likewise, the bytes stored as words.
  DType a_dtype = DType::kF32;
  const float* a_scales = nullptr;  // kU8, kI16: [rows]
  const float* a_zeros = nullptr;   // likewise, integers
  RowLayout a_layout;
  Index segments = 1;
  Index segment_stride = 0;

  PackedMatrix weights;         // n, k
  const float* bias = nullptr;  // [n] or null

  void* c = nullptr;
  DType c_dtype = DType::kF32;  // kBF16 only if A is not f32, and not to accumulate: v is rounded to nearest even
  RowLayout c_layout;
  Epilogue epilogue = Epilogue::kStore;

  Index units() const {
    const Index unit = elements_of_unit(a_dtype);
    return (weights.k + unit - 1) / unit;
  }
};

// The part of a product that one call computes.
//
// A long k may be cut into ranges that are computed one call after the other, in ascending order and with the same
// rows and panels; between the calls the sums wait in `sums`, [rows x panels x 16] floats. That changes no bit. It
// lets a range of A stay in the second-level cache while all panels pass by.
struct GemmBlock {
  Index first_row = 0;
  Index rows = 0;
  Index first_panel = 0;
  Index panels = 0;
  Index first_k = 0;      // units, a multiple of kGemmBlock; the epilogue follows the range that ends at units()
  Index k = 0;            // units, a multiple of kGemmBlock unless it ends there
  float* sums = nullptr;  // not used if the block is all of k
};

// One instruction set's kernel, single-threaded. `scratch` holds gemm_scratch_floats(arguments, block.k).
using GemmKernel = void (*)(const GemmArguments& arguments, const GemmBlock& block, float* scratch);

inline constexpr Index kNeverCut = Index{1} << 40;  // a longest_range: always all of k

// How kernels like a product to be cut into tasks.
struct GemmTuning {
  Index longest_range;  // units of k
  Index task_products;  // units x rows x channels of one task
  Index tile_rows;
  Index tile_panels;
  Index height = 1;  // a task of one tile's panels may have so many times as many products, in more rows
};
// Rows of a task times its range of k stay in the second-level cache (0.6 MB) while the weights pass by, and the sums
// of a range are stored and loaded once per 1024 fused multiply-adds.
inline constexpr GemmTuning kVectorTuning{1024, Index{192} * 32 * 1024, 12, 2};
// Whole tiles of 6 x 64 bring the next panels while 192 rows pass by: with half as many, half of them would be missing.
inline constexpr GemmTuning kAvx512Tuning{1024, Index{192} * 32 * 1024, 12, 4, 2};
// With half as many sums in registers the panels pass by more often: a range of one fits the first-level cache.
inline constexpr GemmTuning kAvx2Tuning{512, Index{192} * 32 * 1024, 12, 2};
// AMX blocks k by itself and is five to ten times as fast.
inline constexpr GemmTuning kAmxTuning{kNeverCut, Index{192} * 64 * 1024, 32, 2};

inline constexpr Index kAmxScratchFloats = 17 * 1024;
inline constexpr Index kMostTilePanels = 4;  // of any kernel

// Of panels that are unpacked before they are multiplied, an odd number of lines apart as packed ones are.
constexpr Index unpacked_panel_floats(Index k) {
  return (k | 1) * kPanelWidth;
}

// Room for a tile's panels where they are unpacked before they are multiplied (gemm_panels.h); what AMX needs.
inline Index gemm_scratch_floats(const GemmArguments& arguments, Index k) {
  const bool are_integers = arguments.a_dtype == DType::kI16 || arguments.a_dtype == DType::kU8;
  const bool unpacks = are_integers ? arguments.a_dtype == DType::kI16 : arguments.a_dtype != arguments.weights.dtype;
  const bool may_be_amx = arguments.a_dtype == DType::kBF16 || arguments.a_dtype == DType::kU8;
  return (unpacks ? kMostTilePanels * unpacked_panel_floats(k) : 0) + (may_be_amx ? kAmxScratchFloats : 0);
}

}  // namespace vitpose::engine

// Matrix product with an epilogue: C = epilogue(A W^T + bias), the work-horse of every layer.
//
// Definition, identical on every instruction set and in the reference (docs/numerics.md, "Same bits"):
//   k is cut into blocks of kGemmBlock, starting at 0. Within a block one chain of fused multiply-adds in
//   ascending k, starting from +0. The blocks' sums are added in ascending order, starting from the first:
//       s = block0;  s = s + block1;  s = s + block2; ...
//   then v = s + bias[j] (bias absent: v = s), then
//       kStore: c = v      kRelu: c = v < 0 ? 0 : v (NaN passes)      kGelu: c = gelu(v)      kAccumulate: c = v + c
// Tiling over rows and channels, threads and batch therefore never change a bit.
#pragma once

#include "core/tensor.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

// A chain's rounding error grows with its length: with 256 the heatmaps' error was a quarter larger, and no faster.
inline constexpr Index kGemmBlock = 128;

enum class Epilogue { kStore, kRelu, kGelu, kAccumulate };

// Where the rows of a matrix lie in memory. Row r is pixel r % pixels_per_line of line r / pixels_per_line;
// lines are counted through all images. A plain matrix is one endless line. With this, convolutions over a
// zero-padded image are products without an im2col copy.
struct RowLayout {
  Index pixels_per_line = 0;
  Index lines_per_image = 0;
  Index pixel_stride = 0;  // elements
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

  // A: each row's k values are `segments` runs of k / segments contiguous floats, segment_stride apart
  // (a 2x2 window of an image is two runs of two pixels). Plain matrix: one segment.
  const float* a = nullptr;
  RowLayout a_layout;
  Index segments = 1;
  Index segment_stride = 0;

  PackedMatrix weights;         // n, k
  const float* bias = nullptr;  // [n] or null

  float* c = nullptr;
  RowLayout c_layout;
  Epilogue epilogue = Epilogue::kStore;
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
  Index first_k = 0;      // a multiple of kGemmBlock; the epilogue follows the range that ends at weights.k
  Index k = 0;            // a multiple of kGemmBlock unless it ends there
  float* sums = nullptr;  // not used if the block is all of k
};

// One instruction set's kernel, single-threaded. `scratch` holds gemm_scratch_floats(arguments, block.k).
using GemmKernel = void (*)(const GemmArguments& arguments, const GemmBlock& block, float* scratch);

// bf16 panels are widened here, two at a time, before they are multiplied.
inline Index gemm_scratch_floats(const GemmArguments& arguments, Index k) {
  return arguments.weights.dtype == DType::kBF16 ? 2 * k * kPanelWidth : 0;
}

}  // namespace vitpose::engine

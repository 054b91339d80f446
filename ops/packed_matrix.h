// The one layout of weights: panels of 16 output channels.
//
// A weight matrix W of shape [n, k] (n output channels, as PyTorch stores it) becomes ceil(n / 16) panels.
//   f32 : panel p is k x 16 floats,               element (kk, j) = W[16p + j][kk]
//   bf16: panel p is ceil(k / 2) x 16 x 2 values, element (kk, j) at [kk / 2][j][kk % 2]
//   int8: panel p is ceil(k / 4) x 16 x 4 values, element (kk, j) at [kk / 4][j][kk % 4]
//   int4: panel p is ceil(k / 8) x 16 x 8 values, likewise, two in a byte, the even one in its low half
// An int8 matrix has a scale for each channel: W[j][kk] is about scales[j] times the integer.
// An int4 matrix has one for each channel's groups of kInt4Group along k, [panels][groups][16]: W[j][kk] is about
// scales[p][kk / kInt4Group][j] times (stored - 8). Scales have five significant bits, so that this product is exact in
// bf16: an int4 matrix is a bf16 matrix, stored in a quarter of the space.
// Channels beyond n and what fills the last unit of k are zero. A unit of a panel is a cache line, and panels begin an
// odd number of lines apart, with a line of nothing in between if need be: kernels read up to four panels at once, and
// what lies a power of two apart shares few places in a cache. (Files converted before that have no such line.) Every
// instruction set reads this layout: a wider kernel walks two panels at once. It is also what a converted model file
// holds, so loading is one mmap.
#pragma once

#include "core/dtype.h"
#include "core/tensor.h"

namespace vitpose::engine {

inline constexpr Index kPanelWidth = 16;
inline constexpr Index kInt4Group = 128;

// How many elements of k lie side by side in 32 bits.
constexpr Index elements_of_unit(DType dtype) {
  return dtype == DType::kI4 ? 8 : static_cast<Index>(sizeof(float) / size_of(dtype));
}

// Whether products of bytes may begin at any pixel of so many channels: they read whole units.
constexpr bool int8_windows_fit(Index channels) {
  return channels % elements_of_unit(DType::kI8) == 0;
}

// A view; whoever loaded the weights owns the memory.
struct PackedMatrix {
  const void* data = nullptr;
  DType dtype = DType::kF32;      // kF32, kBF16, kI8 or kI4
  Index n = 0;                    // output channels
  Index k = 0;                    // input channels
  Index panel_lines = 0;          // from one panel to the next
  const float* scales = nullptr;  // kI8: [n rounded up to 16]; kI4: [panels, int4_groups(k), 16]
  const float* sums = nullptr;    // kI8: [n rounded up to 16], of the channel's integers; exact

  Index panels() const { return (n + kPanelWidth - 1) / kPanelWidth; }
  // Elements from one panel to the next.
  Index panel_stride() const { return panel_lines * kPanelWidth * elements_of_unit(dtype); }
};

// Shape of the packed tensor: f32 [panels, lines, 16]; bf16 [panels, lines, 16, 2]; int8 [panels, lines, 16, 4]; int4,
// as bytes (kU8), [panels, lines, 16, 4]. Lines are the units of k, and one more if that is even.
Shape packed_shape(Index n, Index k, DType dtype);
// Whether a tensor of this shape is such a matrix; also without the lines in between.
bool is_packed_shape(const Shape& shape, Index n, Index k, DType dtype);

// Packs `weights` [n, k] (row-major f32) to dtype f32 or bf16 (rounded to nearest even).
Tensor pack_matrix(TensorView<const float> weights, DType dtype);

PackedMatrix packed_view(const Tensor& packed, Index n, Index k);

// int8, symmetric, per output channel: scale = largest |w| / 127, integers rounded to nearest even. A channel with a
// NaN or an infinity has the scale NaN.
struct QuantisedMatrix {
  Tensor integers;  // packed
  Tensor scales;    // f32 [n rounded up to 16], zeros behind n
  Tensor sums;      // likewise
};
QuantisedMatrix quantise_matrix(TensorView<const float> weights);
PackedMatrix packed_view(const QuantisedMatrix& matrix, Index n, Index k);

// int4: the scale of each group is the one, of those with five significant bits, that leaves the least sum of squared
// errors; it may be negative (of -8 and 7, the larger magnitude goes where it is needed). A group of zeros, or of
// numbers below 2^-100, is all zero; one with a NaN or an infinity is all NaN.
struct Int4Matrix {
  Tensor nibbles;  // kU8, packed
  Tensor scales;   // f32 [panels, int4_groups(k), 16], zeros behind n
};
constexpr Index int4_groups(Index k) {
  return (k + kInt4Group - 1) / kInt4Group;
}
Shape int4_scales_shape(Index n, Index k);
Int4Matrix pack_int4(TensorView<const float> weights);
PackedMatrix packed_view(const Int4Matrix& matrix, Index n, Index k);
// Of five significant bits, or NaN: what a scale has to be.
bool is_int4_scale(float scale);

// W[channel][kk], widened exactly; int8 and int4 times their scale.
float packed_element(const PackedMatrix& matrix, Index channel, Index kk);
// All of them: [n, k], row-major f32.
Tensor unpack_matrix(const PackedMatrix& matrix);

}  // namespace vitpose::engine

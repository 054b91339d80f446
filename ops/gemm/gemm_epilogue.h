// What follows a product's sums: bias, activation or addition, and the way into C (gemm.h).
//
// Templates that name their instruction set only: see gemm_body.h.
#pragma once

#include "core/simd/math.h"
#include "ops/gemm/gemm.h"

namespace vitpose::engine {

// `Isa` brings the Vector, and Bf16 (core/simd/bf16_scalar.h) if its kernel takes bf16.
template <class Isa>
class GemmEpilogue {
 public:
  [[gnu::always_inline]] inline explicit GemmEpilogue(const GemmArguments& arguments) : g_(arguments) {}

  // C's offset, in elements, of a row; no division for plain matrices.
  [[gnu::always_inline]] static inline Index offset(const RowLayout& layout, Index row) {
    const Index width = layout.pixels_per_line;
    if (row < width) return row * layout.pixel_stride;
    const Index line = row / width;
    return (line / layout.lines_per_image) * layout.image_stride +
           (line % layout.lines_per_image) * layout.line_stride + (row % width) * layout.pixel_stride;
  }

  // Rows of one line of C, one panel; the rows of `sums` are `sums_stride` apart.
  [[gnu::always_inline]] inline void finish(Index row, Index rows, Index panel, const float* sums,
                                            Index sums_stride) const {
    const Index channel = panel * kPanelWidth;
    const Index channels = kPanelWidth < g_.weights.n - channel ? kPanelWidth : g_.weights.n - channel;
    const Index first = offset(g_.c_layout, row) + channel;
    if constexpr (Isa::kUnit == 2) {
      if (g_.c_dtype == DType::kBF16) {
        return finish_bf16(static_cast<BFloat16*>(g_.c) + first, rows, channel, channels, sums, sums_stride);
      }
    }
    finish_f32(static_cast<float*>(g_.c) + first, rows, channel, channels, sums, sums_stride);
  }

 private:
  using Vector = typename Isa::Vector;

  [[gnu::always_inline]] inline Vector bias_of(Index channel, Index channels) const {
    const Vector none = Vector::broadcast(-0.0f);  // adding it changes nothing, not even a zero's sign
    if (g_.bias == nullptr) return none;
    return channels == kPanelWidth ? Vector::load(g_.bias + channel)
                                   : Vector::load_partial(g_.bias + channel, channels, none);
  }

  [[gnu::always_inline]] inline void finish_f32(float* c, Index rows, Index channel, Index channels, const float* sums,
                                                Index sums_stride) const {
    const Vector bias = bias_of(channel, channels);
    const bool accumulate = g_.epilogue == Epilogue::kAccumulate;
    if (channels == kPanelWidth) {
      for (Index r = 0; r < rows; ++r, c += g_.c_layout.pixel_stride, sums += sums_stride) {
        const Vector v = Vector::load(sums) + bias;
        (accumulate ? v + Vector::load(c) : activate(v)).store(c);
      }
    } else {
      const Vector none = Vector::broadcast(-0.0f);
      for (Index r = 0; r < rows; ++r, c += g_.c_layout.pixel_stride, sums += sums_stride) {
        const Vector v = Vector::load(sums) + bias;
        (accumulate ? v + Vector::load_partial(c, channels, none) : activate(v)).store_partial(c, channels);
      }
    }
  }

  [[gnu::always_inline]] inline void finish_bf16(BFloat16* c, Index rows, Index channel, Index channels,
                                                 const float* sums, Index sums_stride) const {
    const Vector bias = bias_of(channel, channels);
    for (Index r = 0; r < rows; ++r, c += g_.c_layout.pixel_stride, sums += sums_stride) {
      Isa::Bf16::store(c, activate(Vector::load(sums) + bias), channels);
    }
  }

  [[gnu::always_inline]] inline Vector activate(Vector v) const {
    switch (g_.epilogue) {
      case Epilogue::kRelu: return max(Vector::broadcast(0.0f), v);  // the second operand wins: NaN passes
      case Epilogue::kGelu: return simd::gelu(v);
      default: return v;
    }
  }

  const GemmArguments& g_;
};

}  // namespace vitpose::engine

// What follows a product's sums: bias, activation or addition, and the way into C (gemm.h).
//
// Templates that name their instruction set only: see gemm_body.h.
#pragma once

#include "core/simd/math.h"
#include "ops/gemm/gemm.h"

namespace vitpose::engine {

// Sums of integers: A of bytes or words (gemm.h).
template <class Isa>
concept SumsIntegers = requires {
  requires Isa::kSumsIntegers;
};

// `Isa` brings the Vector, kUnit (elements of A in 32 bits: 1 f32, 2 bf16 or words, 4 bytes), kSumsIntegers if its
// sums are integers and, if C may be bf16, Bf16 (core/simd/bf16_scalar.h).
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
    const Rows in{row, rows, channel, channels, sums, sums_stride};
    if constexpr (requires { typename Isa::Bf16; }) {
      if (g_.c_dtype == DType::kBF16) return finish_bf16(static_cast<BFloat16*>(g_.c) + first, in);
    }
    finish_f32(static_cast<float*>(g_.c) + first, in);
  }

 private:
  using Vector = typename Isa::Vector;

  struct Rows {
    Index first;
    Index count;
    Index channel;
    Index channels;
    const float* sums;
    Index sums_stride;
  };

  // What one panel's channels add or multiply. Adding -0 changes nothing, not even a zero's sign.
  class Channels {
   public:
    [[gnu::always_inline]] inline Channels(const GemmArguments& g, const Rows& rows)
        : g_(g), bias_(load(g.bias, rows.channel, rows.channels, -0.0f)) {
      if constexpr (SumsIntegers<Isa>) {  // both are padded
        scales_ = Vector::load(g.weights.scales + rows.channel);
        sums_ = Vector::load(g.weights.sums + rows.channel);
      }
    }
    // v of gemm.h
    [[gnu::always_inline]] inline Vector value(Index row, const float* sums) const {
      if constexpr (SumsIntegers<Isa>) {
        const Vector centred = fma(Vector::broadcast(-g_.a_zeros[row]), sums_, Vector::from_integers(sums));
        return fma(centred, Vector::broadcast(g_.a_scales[row]) * scales_, bias_);
      } else {
        return Vector::load(sums) + bias_;
      }
    }

   private:
    [[gnu::always_inline]] static inline Vector load(const float* p, Index channel, Index channels, float none) {
      if (p == nullptr) return Vector::broadcast(none);
      return channels == kPanelWidth ? Vector::load(p + channel)
                                     : Vector::load_partial(p + channel, channels, Vector::broadcast(none));
    }

    const GemmArguments& g_;
    Vector bias_;
    Vector scales_;
    Vector sums_;
  };

  [[gnu::always_inline]] inline void finish_f32(float* c, const Rows& in) const {
    const Channels channels(g_, in);
    const bool accumulate = g_.epilogue == Epilogue::kAccumulate;
    const float* sums = in.sums;
    const Vector none = Vector::broadcast(-0.0f);
    for (Index r = 0; r < in.count; ++r, c += g_.c_layout.pixel_stride, sums += in.sums_stride) {
      const Vector v = channels.value(in.first + r, sums);
      if (in.channels == kPanelWidth) {
        (accumulate ? v + Vector::load(c) : activate(v)).store(c);
      } else {
        (accumulate ? v + Vector::load_partial(c, in.channels, none) : activate(v)).store_partial(c, in.channels);
      }
    }
  }

  [[gnu::always_inline]] inline void finish_bf16(BFloat16* c, const Rows& in) const {
    const Channels channels(g_, in);
    const float* sums = in.sums;
    for (Index r = 0; r < in.count; ++r, c += g_.c_layout.pixel_stride, sums += in.sums_stride) {
      Isa::Bf16::store(c, activate(channels.value(in.first + r, sums)), in.channels);
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

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

  // Rows of one line of C by `panels` panels, the rows of `sums` `sums_stride` apart.
  [[gnu::always_inline]] inline void finish(Index row, Index rows, Index panel, Index panels, const float* sums,
                                            Index sums_stride) const {
    const Index channel = panel * kPanelWidth;
    const Tile tile{row, rows, channel, panels, sums, sums_stride};
    const Index first = offset(g_.c_layout, row) + channel;
    if constexpr (requires { typename Isa::Bf16; }) {
      if (g_.c_dtype == DType::kBF16) return finish_tile(static_cast<BFloat16*>(g_.c) + first, tile);
    }
    finish_tile(static_cast<float*>(g_.c) + first, tile);
  }
  // Asks for the lines of C that a tile is going to write. Where its rows are written one by one, each would otherwise
  // wait for its line alone.
  [[gnu::always_inline]] inline void fetch_c(Index row, Index rows, Index panel, Index panels) const {
    const Index bytes = panels * kPanelWidth * element_bytes();
    const char* c = at(row, panel);
    for (Index r = 0; r < rows; ++r, c += g_.c_layout.pixel_stride * element_bytes()) {
      for (Index i = 0; i < bytes; i += 64) __builtin_prefetch(c + i, 1);
    }
  }

  // For Isa::WholeTiles, which do the same with whole panels.
  [[gnu::always_inline]] inline bool has(Index panel, Index panels) const {
    return (panel + panels) * kPanelWidth <= g_.weights.n;
  }
  template <class Unfinished>
  [[gnu::always_inline]] inline void describe_channels(Index panel, Unfinished& tile) const {
    const Index channel = panel * kPanelWidth;
    for (Index i = 0; i < Isa::kPanels * kPanelWidth; i += kPanelWidth) {
      (g_.bias != nullptr ? Vector::load(g_.bias + channel + i) : Vector::broadcast(-0.0f)).store(tile.bias + i);
      if constexpr (SumsIntegers<Isa>) {
        Vector::load(g_.weights.scales + channel + i).store(tile.scales + i);
        (Vector::broadcast(0.0f) - Vector::load(g_.weights.sums + channel + i)).store(tile.negative_sums + i);
      }
    }
    tile.c_stride = g_.c_layout.pixel_stride * element_bytes();
    if (g_.epilogue == Epilogue::kGelu) tile.fill_gelu_table();
  }
  template <class Unfinished>
  [[gnu::always_inline]] inline void describe_rows(Index row, Index panel, const float* sums, Unfinished& tile) const {
    tile.sums = sums;
    tile.c = at(row, panel);
    if constexpr (SumsIntegers<Isa>) {
      for (Index r = 0; r < Isa::kRows; ++r) {
        tile.zeros[r] = g_.a_zeros[row + r];
        tile.factors[r] = g_.a_scales[row + r];
      }
    }
  }
  template <class Tiles, class Input>
  [[gnu::always_inline]] inline void multiply_and_finish(const Tiles& tiles, const Input& input, float* sums) const {
    tiles.multiply_and_finish(input, sums, g_.epilogue, g_.c_dtype);
  }

 private:
  using Vector = typename Isa::Vector;

  [[gnu::always_inline]] inline char* at(Index row, Index panel) const {
    return static_cast<char*>(g_.c) + (offset(g_.c_layout, row) + panel * kPanelWidth) * element_bytes();
  }
  [[gnu::always_inline]] inline Index element_bytes() const { return g_.c_dtype == DType::kBF16 ? 2 : 4; }

  struct Tile {
    Index row;
    Index rows;
    Index channel;
    Index panels;
    const float* sums;
    Index sums_stride;
  };

  // What one panel's channels add or multiply. Adding -0 changes nothing, not even a zero's sign.
  class Channels {
   public:
    [[gnu::always_inline]] inline Channels(const GemmArguments& g, Index row, Index channel, Index channels)
        : bias_(load(g.bias, channel, channels, -0.0f)) {
      if constexpr (SumsIntegers<Isa>) {  // the channels' are padded
        zeros_ = g.a_zeros + row;
        factors_ = g.a_scales + row;
        scales_ = Vector::load(g.weights.scales + channel);
        negative_sums_ = Vector::broadcast(0.0f) - Vector::load(g.weights.sums + channel);
      }
    }
    // v of gemm.h
    [[gnu::always_inline]] inline Vector value(Index row, const float* sums) const {
      if constexpr (SumsIntegers<Isa>) {
        const Vector centred = fma(Vector::broadcast(zeros_[row]), negative_sums_, Vector::from_integers(sums));
        return fma(centred, Vector::broadcast(factors_[row]) * scales_, bias_);
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

    const float* zeros_ = nullptr;  // those of the first row and on, as locals: stores to C could otherwise change them
    const float* factors_ = nullptr;
    Vector bias_;
    Vector scales_;
    Vector negative_sums_;
  };

  // A function for each epilogue, with registers of its own, and a loop for whole panels: 16 sums of a row take six
  // instructions, and what they would have to ask or to find takes as many again.
  template <class Element>
  [[gnu::always_inline]] inline void finish_tile(Element* c, const Tile& tile) const {
    switch (g_.epilogue) {
      case Epilogue::kStore: return finish_tile<Epilogue::kStore>(g_, c, tile);
      case Epilogue::kRelu: return finish_tile<Epilogue::kRelu>(g_, c, tile);
      case Epilogue::kGelu: return finish_tile<Epilogue::kGelu>(g_, c, tile);
      case Epilogue::kAccumulate: return finish_tile<Epilogue::kAccumulate>(g_, c, tile);
    }
  }
  template <Epilogue kEpilogue, class Element>
  [[gnu::noinline]] static void finish_tile(const GemmArguments& g, Element* c, const Tile& tile) {
    const Index end = g.weights.n - tile.channel;
    for (Index first = 0; first < tile.panels * kPanelWidth; first += kPanelWidth) {
      if (end - first >= kPanelWidth) {
        finish_panel<kEpilogue>(g, c + first, tile, first, kPanelWidth);
      } else {
        finish_panel<kEpilogue>(g, c + first, tile, first, end - first);
      }
    }
  }
  template <Epilogue kEpilogue, class Element>
  [[gnu::always_inline]] static inline void finish_panel(const GemmArguments& g, Element* c, const Tile& tile,
                                                         Index first, Index count) {
    const Channels channels(g, tile.row, tile.channel + first, count);
    const Index c_stride = g.c_layout.pixel_stride;
    const Index sums_stride = tile.sums_stride;
    const Index rows = tile.rows;
    const float* sums = tile.sums + first;
    for (Index r = 0; r < rows; ++r, c += c_stride, sums += sums_stride) {
      store(c, activate<kEpilogue>(channels.value(r, sums), c, count), count);
    }
  }

  template <Epilogue kEpilogue, class Element>
  [[gnu::always_inline]] static inline Vector activate(Vector v, [[maybe_unused]] const Element* c,
                                                       [[maybe_unused]] Index count) {
    if constexpr (kEpilogue == Epilogue::kRelu) {
      return max(Vector::broadcast(0.0f), v);  // the second operand wins: NaN passes
    } else if constexpr (kEpilogue == Epilogue::kGelu) {
      return simd::gelu(v);
    } else if constexpr (kEpilogue == Epilogue::kAccumulate && sizeof(Element) == sizeof(float)) {
      return v + (count == kPanelWidth ? Vector::load(c) : Vector::load_partial(c, count, Vector::broadcast(-0.0f)));
    } else {
      return v;
    }
  }

  [[gnu::always_inline]] static inline void store(float* c, Vector v, Index count) {
    count == kPanelWidth ? v.store(c) : v.store_partial(c, count);
  }
  template <class Element>
  [[gnu::always_inline]] static inline void store(Element* c, Vector v, Index count) {
    Isa::Bf16::store(c, v, count);
  }

  const GemmArguments& g_;
};

}  // namespace vitpose::engine

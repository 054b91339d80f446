// Panels of weights that are stored in another type than the kernel's instructions read: they are unpacked into its
// scratch memory, exactly, before the rows pass by.
//   rows of f32:   bf16 and int4 become f32
//   rows of bf16:  int4 becomes bf16
//   rows of words: bytes become words, pairs of k side by side
//
// Templates that name their instruction set only: see gemm_body.h.
#pragma once

#include "ops/gemm/gemm_epilogue.h"

namespace vitpose::engine {

template <class Isa>
class GemmPanels {
 public:
  [[gnu::always_inline]] inline explicit GemmPanels(const PackedMatrix& weights) : w_(weights) {}

  // Whether the kernel reads the panels where they lie.
  [[gnu::always_inline]] inline bool are_read_in_place() const {
    if constexpr (Isa::kUnit == 1) return w_.dtype == DType::kF32;
    if constexpr (Isa::kUnit == 2) return !SumsIntegers<Isa> && w_.dtype == DType::kBF16;
    return true;
  }

  // One panel's units [first, first + count), `first` a multiple of kGemmBlock.
  void unpack(Index panel, Index first, Index count, float* out) const {
    if constexpr (SumsIntegers<Isa>) {
      if constexpr (Isa::kUnit == 2) {
        const auto* const in = static_cast<const std::int8_t*>(w_.data) + panel * w_.panel_stride();
        widen(in + 2 * first * kPanelWidth, count, out);
      }
    } else if (w_.dtype == DType::kI4) {
      unpack_int4(panel, first, count, out);
    } else if constexpr (Isa::kUnit == 1) {
      widen(static_cast<const BFloat16*>(w_.data) + panel * w_.panel_stride() + first * kPanelWidth, count, out);
    }
  }

 private:
  using Vector = typename Isa::Vector;

  // A stored unit becomes two of the kernel's; of the last one there may be room for the first only.
  template <class Element>
  [[gnu::always_inline]] static inline void widen(const Element* in, Index count, float* out) {
    constexpr Index kStored = static_cast<Index>(sizeof(float) / sizeof(Element)) * kPanelWidth;
    alignas(64) float padding[kPanelWidth];
    for (Index unit = 0; unit < count; unit += 2, in += kStored, out += 2 * kPanelWidth) {
      Isa::widen_pairs(in, out, unit + 1 < count ? out + kPanelWidth : padding);
    }
  }

  // Eight values of k, 32 bits of each channel, become eight or four units.
  [[gnu::always_inline]] inline void unpack_int4(Index panel, Index first, Index count, float* out) const {
    static_assert(kGemmBlock % kInt4Group == 0);  // ranges of k begin with a group
    constexpr Index kUnits = 8 / Isa::kUnit;
    const Index groups = (w_.k + kInt4Group - 1) / kInt4Group;
    const Index first_k = first * Isa::kUnit;
    const float* in =
        static_cast<const float*>(w_.data) + panel * w_.panel_lines * kPanelWidth + first_k / 8 * kPanelWidth;
    const float* scales = w_.scales + (panel * groups + first_k / kInt4Group) * kPanelWidth;
    for (Index unit = 0; unit < count; scales += kPanelWidth) {  // group by group
      const Vector scale = Vector::load(scales);
      const Index end = unit + kInt4Group / Isa::kUnit < count ? unit + kInt4Group / Isa::kUnit : count;
      for (; unit + kUnits <= end; unit += kUnits, in += kPanelWidth, out += kUnits * kPanelWidth) {
        for (Index i = 0; i < kUnits; ++i) int4_unit(in, i, scale).store(out + i * kPanelWidth);
      }
      for (Index i = 0; unit < end; ++unit, ++i) int4_unit(in, i, scale).store(out + i * kPanelWidth);
    }
  }

  [[gnu::always_inline]] static inline Vector int4_unit(const float* in, Index index, Vector scale) {
    const auto i = static_cast<int>(index);
    if constexpr (Isa::kUnit == 1) {
      return Vector::from_nibbles(in, i) * scale;
    } else {
      return Vector::join_upper_halves(Vector::from_nibbles(in, 2 * i) * scale,
                                       Vector::from_nibbles(in, 2 * i + 1) * scale);
    }
  }

  const PackedMatrix& w_;
};

}  // namespace vitpose::engine

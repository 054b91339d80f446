// Panels of weights that are stored in another type than the kernel's instructions read: they are unpacked into its
// scratch memory, exactly, before the rows pass by.
//   rows of f32:   bf16 becomes f32
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
    if constexpr (Isa::kUnit == 2) return !SumsIntegers<Isa>;
    return true;
  }

  // One panel's units [first, first + count), `first` a multiple of kGemmBlock.
  void unpack(Index panel, Index first, Index count, float* out) const {
    if constexpr (Isa::kUnit == 1) {
      widen(static_cast<const BFloat16*>(w_.data) + panel * stored_elements(2) + first * kPanelWidth, count, out);
    } else if constexpr (Isa::kUnit == 2 && SumsIntegers<Isa>) {
      const auto* const in = static_cast<const std::int8_t*>(w_.data) + panel * stored_elements(4);
      widen(in + 2 * first * kPanelWidth, count, out);
    }
  }

 private:
  // Of a panel, as stored in units of `unit` elements.
  [[gnu::always_inline]] inline Index stored_elements(Index unit) const {
    return (w_.k + unit - 1) / unit * unit * kPanelWidth;
  }

  // A stored unit becomes two of the kernel's; of the last one there may be room for the first only.
  template <class Element>
  [[gnu::always_inline]] static inline void widen(const Element* in, Index count, float* out) {
    constexpr Index kStored = static_cast<Index>(sizeof(float) / sizeof(Element)) * kPanelWidth;
    alignas(64) float padding[kPanelWidth];
    for (Index unit = 0; unit < count; unit += 2, in += kStored, out += 2 * kPanelWidth) {
      Isa::widen_pairs(in, out, unit + 1 < count ? out + kPanelWidth : padding);
    }
  }

  const PackedMatrix& w_;
};

}  // namespace vitpose::engine

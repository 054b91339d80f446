// The inner loop of every instruction set's GEMM: one tile of kRows rows by kPanels panels, all of k.
//
// The tile's sums live in registers for one k-block (6 x 4 zmm, 6 x 2 ymm, 6 x 4 of NEON); per k the panels' 16
// channels are loaded, each row's value is broadcast, and every pair is one fused multiply-add. At a block's end the
// sums go to (or are added to) `sums` in the first-level cache, which is how gemm.h defines the result.
//
// Templates that name their instruction set only: see gemm_body.h.
#pragma once

#include "ops/gemm/gemm.h"

namespace vitpose::engine {

struct GemmTileInput {
  const float* a = nullptr;  // the tile's first row, at the range's first k
  Index a_stride = 0;        // from row to row
  Index run = 0;             // contiguous values of k in a row of A, and how many of them are left at `a`
  Index run_left = 0;
  Index run_gap = 0;         // from the end of a run to the next
  const float* b = nullptr;  // the tile's first panel, at the range's first k
  Index b_stride = 0;        // from panel to panel
  Index k = 0;
  bool adds = false;  // the sums hold what the blocks before this range gave
  // What will be needed soon: k / prefetch_interval lines are brought to the second-level cache.
  const float* prefetch = nullptr;
  Index prefetch_interval = 4;  // steps of k; a power of two, at least 4
};

// Isa::kTakesPairsApart: units are pairs of bf16, which become two f32 that are multiplied one after the other, the odd
// one first; see core/simd/bf16_registers_avx512_bf16.h.
template <class Isa>
concept TakesPairsApart = requires {
  Isa::kTakesPairsApart;
};

// `Isa` names the registers and what they do; see gemm_avx512.cpp.
template <class Isa, int kRows, int kPanels>
class GemmTile {
 public:
  [[gnu::always_inline]] inline explicit GemmTile(const GemmTileInput& input)
      : a_stride_(input.a_stride), prefetch_(input.prefetch), prefetch_mask_(input.prefetch_interval / kUnroll - 1) {
    for (int g = 0; g < kGroups; ++g) a_[g] = input.a + kGroupRows * g * input.a_stride;
    for (int p = 0; p < kPanels; ++p) b_[p] = input.b + p * input.b_stride;
    advance(0);
  }

  // sums[row][panel] = or += the sums of the blocks of k
  [[gnu::always_inline]] inline void multiply(const GemmTileInput& input, float* sums) {
    Index run_left = input.run_left;
    bool adds = input.adds;
    for (Index left = input.k; left > 0; left -= kGemmBlock, adds = true) {
      clear();
      Index block_left = left < kGemmBlock ? left : kGemmBlock;
      while (block_left > 0) {
        const Index count = block_left < run_left ? block_left : run_left;
        add_products(count);
        block_left -= count;
        run_left -= count;
        if (run_left == 0) {
          skip_a(input.run_gap);
          run_left = input.run;
        }
      }
      if (adds) {
        flush<true>(sums);
      } else {
        flush<false>(sums);
      }
    }
  }

  // c[row][panel] = the sums, each one chain over all of k
  [[gnu::always_inline]] inline void multiply_chain(Index k, float* c, Index c_stride) {
    clear();
    add_products(k);
    for (int r = 0; r < kRows; ++r) {
      for (int column = 0; column < kColumns; ++column) {
        Isa::store(c + r * c_stride + column * Isa::kLanes, sums_[r][column]);
      }
    }
  }

 private:
  using Register = typename Isa::Register;
  static constexpr int kRegistersPerPanel = static_cast<int>(kPanelWidth) / Isa::kLanes;
  static constexpr int kColumns = kPanels * kRegistersPerPanel;
  static constexpr int kUnroll = 4;
  static constexpr Index kPairs = 64;  // that are taken apart at a time: 6 KB of a tile's rows
  // Rows g, g + 1, g + 2 are addressed as pointer, pointer + stride, pointer + 2 * stride: x86 has no registers
  // for a pointer per row.
  static constexpr int kGroupRows = 3;
  static constexpr int kGroups = (kRows + kGroupRows - 1) / kGroupRows;

  [[gnu::always_inline]] inline void clear() {
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < kColumns; ++c) sums_[r][c] = Isa::zero();
    }
  }

  [[gnu::always_inline]] inline void add_products(Index count) {
    if constexpr (TakesPairsApart<Isa>) return add_products_of_pairs(count);
    for (; count >= kUnroll; count -= kUnroll) {
      steps<0>();
      prefetch_line(count / kUnroll);
      advance(kUnroll);
    }
    for (; count > 0; --count) {
      step<0>();
      advance(1);
    }
  }

  // Every kUnroll steps, counted up or down; not all of them bring a line.
  [[gnu::always_inline]] inline void prefetch_line(Index count) {
    if ((count & prefetch_mask_) != 0) return;
    Isa::prefetch(prefetch_);
    prefetch_ += kPanelWidth;
  }

  // Unrolled by recursion, not by loops: both compilers then keep every sum in a register.
  template <int kOffset>
  [[gnu::always_inline]] inline void steps() {
    if constexpr (kOffset < kUnroll) {
      step<kOffset>();
      steps<kOffset + 1>();
    }
  }

  template <int kOffset>
  [[gnu::always_inline]] inline void step() {
    Register b[kColumns];
    for (int c = 0; c < kColumns; ++c) {
      b[c] = Isa::load(b_[c / kRegistersPerPanel] + kPanelWidth * kOffset + Isa::kLanes * (c % kRegistersPerPanel));
    }
    add_row<0, kOffset>(b);
  }

  template <int kRow, int kOffset>
  [[gnu::always_inline]] inline void add_row(const Register (&b)[kColumns]) {
    if constexpr (kRow < kRows) {
      const Register a = Isa::broadcast(a_[kRow / kGroupRows] + (kRow % kGroupRows) * a_stride_ + kOffset);
      for (int c = 0; c < kColumns; ++c) Isa::multiply_add(sums_[kRow][c], a, b[c]);
      add_row<kRow + 1, kOffset>(b);
    }
  }

  // The rows' values wait widened in the first-level cache: taken apart once, they meet all channels of the panels.
  [[gnu::always_inline]] inline void add_products_of_pairs(Index count) {
    const typename Isa::ProductEnvironment environment;
    alignas(64) float a[kRows][2 * kPairs];
    while (count > 0) {
      const Index pairs = count < kPairs ? count : kPairs;
      for (int r = 0; r < kRows; ++r) {
        Isa::take_apart(a_[r / kGroupRows] + (r % kGroupRows) * a_stride_, pairs, a[r], a[r] + kPairs);
      }
      for (Index pair = 0; pair < pairs; ++pair) {
        if (pair % kUnroll == 0) prefetch_line(pair / kUnroll);
        Register odd[kColumns];
        Register even[kColumns];
        for (int c = 0; c < kColumns; ++c) {
          const Register b = Isa::load(b_[c] + kPanelWidth * pair);
          odd[c] = Isa::odd(b);
          even[c] = Isa::even(b);
        }
        add_widened_row<0>(a[0] + kPairs + pair, odd);
        add_widened_row<0>(a[0] + pair, even);
      }
      advance(pairs);
      count -= pairs;
    }
  }

  template <int kRow>
  [[gnu::always_inline]] inline void add_widened_row(const float* a, const Register (&b)[kColumns]) {
    if constexpr (kRow < kRows) {
      const Register element = Isa::broadcast(a + kRow * 2 * kPairs);
      for (int c = 0; c < kColumns; ++c) Isa::multiply_add(sums_[kRow][c], element, b[c]);
      add_widened_row<kRow + 1>(a, b);
    }
  }

  [[gnu::always_inline]] inline void advance(Index k) {
    skip_a(k);
    for (int p = 0; p < kPanels; ++p) b_[p] += kPanelWidth * k;
  }

  // The empty assembly keeps the compilers from seeing that the pointers are related: they would trade the few
  // registers of the addressing above for one per row, and run out of them.
  [[gnu::always_inline]] inline void skip_a(Index floats) {
    for (int g = 0; g < kGroups; ++g) {
      a_[g] += floats;
      asm("" : "+r"(a_[g]));
    }
  }

  template <bool kAdd>
  [[gnu::always_inline]] inline void flush(float* sums) const {
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < kColumns; ++c) {
        float* sum = sums + (r * kColumns + c) * Isa::kLanes;
        Isa::store(sum, kAdd ? Isa::add(Isa::load(sum), sums_[r][c]) : sums_[r][c]);
      }
    }
  }

  Register sums_[kRows][kColumns];
  const float* a_[kGroups];
  const float* b_[kPanels];
  Index a_stride_;
  const float* prefetch_;
  Index prefetch_mask_;
};

// Calls the tile of `rows` by `panels`, at most kRows by kPanels.
template <class Isa, int kRows = Isa::kRows, int kPanels = Isa::kPanels>
struct GemmTileOfSize {
  static void multiply(const GemmTileInput& input, Index rows, Index panels, float* sums) {
    if constexpr (kPanels > 1) {
      if (panels < kPanels) return GemmTileOfSize<Isa, kRows, kPanels - 1>::multiply(input, rows, panels, sums);
    }
    if constexpr (kRows > 1) {
      if (rows < kRows) return GemmTileOfSize<Isa, kRows - 1, kPanels>::multiply(input, rows, panels, sums);
    }
    GemmTile<Isa, kRows, kPanels>(input).multiply(input, sums);
  }
};

}  // namespace vitpose::engine

// What the instruction sets' GEMM kernels share: the walk over panels and rows, and the epilogue.
//
// Loops: panels outside, rows inside, all of the block's k at once. The panels of a tile (197 KB for four at
// k = 768) then stay in the second-level cache while the rows of A pass by.
//
// Compiled with the flags of an instruction set: everything here is a template that names it, and only data is
// used of the types that other files share, so that no linker can pick such a copy of a function for another CPU.
#pragma once

#include "ops/gemm/gemm_panels.h"
#include "ops/gemm/gemm_tiles.h"

namespace vitpose::engine {

// Isa::kUnit: elements of A in a unit of k, 1 for f32, 2 for bf16 and words, 4 for bytes.
template <class Isa>
class Gemm {
 public:
  Gemm(const GemmArguments& arguments, const GemmBlock& block, float* scratch)
      : g_(arguments), block_(block), scratch_(scratch), panels_(arguments.weights), epilogue_(arguments) {}

  void multiply() const {
    const Index panel_end = block_.first_panel + block_.panels;
    float* sums = block_.sums;
    for (Index panel = block_.first_panel; panel < panel_end; panel += Isa::kPanels) {
      const Index panels = smaller(Isa::kPanels, panel_end - panel);
      multiply_panels(panel, panels, sums);
      if (sums != nullptr) sums += block_.rows * panels * kPanelWidth;
    }
  }

 private:
  static Index smaller(Index a, Index b) { return a < b ? a : b; }

  // The panels behind a tile's, of which each tile of rows fetches a share.
  class Prefetch {
   public:
    [[gnu::always_inline]] inline Prefetch(const GemmTileInput& first, Index panels, Index next_panels)
        : panel_(first.b + panels * first.b_stride),
          b_stride_(first.b_stride),
          tiles_(first.prefetch_interval),
          share_(first.k / tiles_ * kPanelWidth),
          panels_left_(next_panels) {}

    [[gnu::always_inline]] inline const float* share(const GemmTileInput& input) {
      if (panels_left_ == 0) return input.b;
      const float* const first = panel_ + tile_ * share_;
      if (++tile_ == tiles_) {
        tile_ = 0;
        panel_ += b_stride_;
        --panels_left_;
      }
      return first;
    }

   private:
    const float* panel_;
    Index b_stride_;
    Index tiles_;  // that fetch a panel
    Index share_;
    Index panels_left_;
    Index tile_ = 0;
  };

  // A line every so many steps of k, so that all rows take part.
  [[gnu::always_inline]] inline Index prefetch_interval(Index panels) const {
    if constexpr (HasWholeTiles<Isa>) return Isa::WholeTiles::kPrefetchInterval;
    Index interval = 4;
    while (2 * interval * panels * Isa::kRows <= block_.rows) interval *= 2;
    return interval;
  }

  // The rows from `row` on that lie at one distance from each other.
  static Index rows_left_in_line(const RowLayout& layout, Index row) {
    const Index width = layout.pixels_per_line;
    return width - (row < width ? row : row % width);
  }

  Index units() const { return (g_.weights.k + Isa::kUnit - 1) / Isa::kUnit; }
  bool is_last() const { return block_.first_k + block_.k == units(); }

  // `sums` is where this block's sums wait between two ranges of k, row by row.
  void multiply_panels(Index panel, Index panels, float* sums) const {
    // In turn: the epilogue of the tile before may still read its own.
    alignas(64) float local[2][Isa::kRows * Isa::kPanels * kPanelWidth];
    const bool is_all = block_.first_k == 0 && is_last();
    GemmTileInput input;
    input.a_stride = g_.a_layout.pixel_stride / Isa::kUnit;
    input.run = units() / g_.segments;
    input.run_left = input.run - block_.first_k % input.run;
    input.run_gap = g_.segment_stride / Isa::kUnit - input.run;
    input.k = block_.k;
    input.adds = block_.first_k != 0;
    take_panels(panel, panels, input);
    const float* a = static_cast<const float*>(g_.a) + block_.first_k / input.run * (g_.segment_stride / Isa::kUnit) +
                     block_.first_k % input.run;
    // While the rows pass by, the panels that come next are fetched, evenly: the memory behind the caches delivers
    // late, and what is asked of it takes room from what the tiles ask of the second-level cache until then.
    const Index total_panels = (g_.weights.n + kPanelWidth - 1) / kPanelWidth;
    const Index next_panels = panels_.are_read_in_place() ? smaller(panels, total_panels - panel - panels) : 0;
    input.prefetch_interval = prefetch_interval(panels);
    Prefetch next(input, panels, next_panels);
    GemmTiles<Isa> tiles(epilogue_, panel, panels);
    Index rows = 0;
    const Index row_end = block_.first_row + block_.rows;
    for (Index row = block_.first_row, tile = 0; row < row_end; row += rows, ++tile) {
      const Index in_line = smaller(rows_left_in_line(g_.a_layout, row), rows_left_in_line(g_.c_layout, row));
      rows = smaller(smaller(Isa::kRows, in_line), row_end - row);
      input.a = a + GemmEpilogue<Isa>::offset(g_.a_layout, row) / Isa::kUnit;
      input.prefetch = next.share(input);
      float* tile_sums = is_all ? local[tile % 2] : sums + (row - block_.first_row) * panels * kPanelWidth;
      if (!is_all) fetch(tile_sums, rows * panels * kPanelWidth);
      if (is_last()) epilogue_.fetch_c(row, rows, panel, panels);
      tiles.multiply(input, row, rows, is_last(), tile_sums);
    }
    tiles.finish();
  }

  // Sums that the end of a tile reads, asked for at its start.
  static void fetch(const float* p, Index floats) {
    for (Index i = 0; i < floats; i += kPanelWidth) Isa::prefetch(p + i);
  }

  void take_panels(Index panel, Index panels, GemmTileInput& input) const {
    if (panels_.are_read_in_place()) {
      input.b_stride = g_.weights.panel_lines * kPanelWidth;
      input.b = static_cast<const float*>(g_.weights.data) + panel * input.b_stride + block_.first_k * kPanelWidth;
      return;
    }
    input.b_stride = unpacked_panel_floats(block_.k);
    input.b = scratch_;
    for (Index p = 0; p < panels; ++p) {
      panels_.unpack(panel + p, block_.first_k, block_.k, scratch_ + p * input.b_stride);
    }
  }

  const GemmArguments& g_;
  const GemmBlock& block_;
  float* scratch_;
  static_assert(Isa::kPanels <= kMostTilePanels);

  GemmPanels<Isa> panels_;
  GemmEpilogue<Isa> epilogue_;
};

}  // namespace vitpose::engine

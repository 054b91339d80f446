// A group of panels' tiles, one after the other: products and epilogue.
//
// Templates that name their instruction set only: see gemm_body.h.
#pragma once

#include "ops/gemm/gemm_epilogue.h"
#include "ops/gemm/gemm_tile.h"

namespace vitpose::engine {

// A tile's products and its epilogue.
template <class Isa>
class GemmTiles {
 public:
  [[gnu::always_inline]] inline GemmTiles(const GemmEpilogue<Isa>& epilogue, Index panel, Index panels)
      : epilogue_(epilogue), panel_(panel), panels_(panels) {}

  // Into sums [rows][panels][16] and, with the last range of k, from there into C, no later than finish() does.
  [[gnu::always_inline]] inline void multiply(const GemmTileInput& input, Index row, Index rows, bool is_last,
                                              float* sums) {
    GemmTileOfSize<Isa>::multiply(input, rows, panels_, sums);
    if (is_last) epilogue_.finish(row, rows, panel_, panels_, sums, panels_ * kPanelWidth);
  }
  [[gnu::always_inline]] inline void finish() {}

 private:
  const GemmEpilogue<Isa>& epilogue_;
  Index panel_;
  Index panels_;
};

// Isa::WholeTiles multiply tiles of kRows by kPanels by themselves, and finish the one before meanwhile, whose sums
// must stay until then; see gemm_whole_tiles_avx512.h.
template <class Isa>
concept HasWholeTiles = requires {
  typename Isa::WholeTiles;
};

template <HasWholeTiles Isa>
class GemmTiles<Isa> {
 public:
  [[gnu::always_inline]] inline GemmTiles(const GemmEpilogue<Isa>& epilogue, Index panel, Index panels)
      : epilogue_(epilogue),
        panel_(panel),
        panels_(panels),
        has_whole_panels_(panels == Isa::kPanels && epilogue.has(panel, panels)) {
    if (has_whole_panels_) epilogue.describe_channels(panel, whole_tiles_.last());
  }

  [[gnu::always_inline]] inline void multiply(const GemmTileInput& input, Index row, Index rows, bool is_last,
                                              float* sums) {
    if (!has_whole_panels_ || rows != Isa::kRows || !whole_tiles_.take(input)) {
      finish();
      GemmTileOfSize<Isa>::multiply(input, rows, panels_, sums);
      if (is_last) epilogue_.finish(row, rows, panel_, panels_, sums, panels_ * kPanelWidth);
      return;
    }
    if (has_unfinished_) {
      epilogue_.multiply_and_finish(whole_tiles_, input, sums);
    } else {
      whole_tiles_.multiply(input, sums);
    }
    has_unfinished_ = is_last;
    if (!is_last) return;
    row_ = row;
    epilogue_.describe_rows(row, panel_, sums, whole_tiles_.last());
  }
  [[gnu::always_inline]] inline void finish() {
    if (!has_unfinished_) return;
    epilogue_.finish(row_, Isa::kRows, panel_, panels_, whole_tiles_.last().sums, panels_ * kPanelWidth);
    has_unfinished_ = false;
  }

 private:
  const GemmEpilogue<Isa>& epilogue_;
  Index panel_;
  Index panels_;
  Index row_ = 0;
  bool has_whole_panels_;
  bool has_unfinished_ = false;
  typename Isa::WholeTiles whole_tiles_;
};

}  // namespace vitpose::engine

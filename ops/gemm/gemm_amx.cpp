// The matrix products of bf16 and of bytes on AMX. Both count k in units of 32 bits, so they differ in one instruction.
//
// Loops: pairs of panels outside; then blocks of kGemmBlock units of k, whose panels (16 KB) stay in the first-level
// cache; then the rows, 32 at a time, which come from the second-level cache. The sums wait between two blocks in 4 KB
// of memory for each 32 rows. Meanwhile the next pair of panels is fetched from memory, some lines with every step.
//
// A tile's rows lie at one distance from each other. In an image that is the distance between pixels, and the two
// border pixels between two lines are multiplied too; their sums are dropped.
#include "core/simd/bf16_avx512_bf16.h"
#include "ops/gemm/gemm_epilogue.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/gemm/gemm_panels.h"
#include "ops/gemm/product_amx.h"

namespace vitpose::engine {

namespace {

template <int kUnitElements>
struct AmxIsa {
  using Vector = simd::F32x16Avx512;
  using Bf16 = simd::Bf16Avx512;
  static constexpr int kUnit = kUnitElements;
  static constexpr bool kSumsIntegers = kUnitElements == 4;
};

constexpr Index kTilesAtOnce = 8;                        // whose sums wait together
constexpr Index kAmxColumns = kAmxPanels * kPanelWidth;  // floats from row to row of a tile's sums

constexpr Index smaller(Index a, Index b) {
  return a < b ? a : b;
}

template <int kUnit>
class AmxGemm {
 public:
  AmxGemm(const GemmArguments& arguments, const GemmBlock& block, float* scratch)
      : g_(arguments),
        block_(block),
        panels_(arguments.weights),
        epilogue_(arguments),
        sums_(scratch),
        rows_copy_(sums_ + kTilesAtOnce * kAmxRows * kAmxColumns),
        panels_copy_(rows_copy_ + kAmxRows * kGemmBlock),
        unpacked_(panels_copy_ + kAmxPanels * kAmxStep * kPanelWidth),
        units_(arguments.units()),
        run_(units_ / arguments.segments),
        a_stride_(arguments.a_layout.pixel_stride / kUnit),
        positions_(position(arguments.rows - 1) + 1),
        copies_rows_(positions_ < kAmxRows || run_ % kAmxStep != 0) {
    assert(block.first_k == 0 && block.k == units_);  // kAmxTuning asks for no ranges
  }

  void multiply() {
    const Index panel_end = block_.first_panel + block_.panels;
    for (Index panel = block_.first_panel; panel < panel_end; panel += kAmxPanels) {
      const bool is_pair = panel + 1 < panel_end;
      start_prefetch(panel);
      for (Index row = block_.first_row; row < block_.first_row + block_.rows;) {
        row = is_pair ? multiply_rows<2>(panel, row) : multiply_rows<1>(panel, row);
      }
    }
  }

 private:
  // Where a row lies, counted in distances between pixels: rows of one tile are neighbours in this.
  Index position(Index row) const {
    return GemmEpilogue<AmxIsa<kUnit>>::offset(g_.a_layout, row) / g_.a_layout.pixel_stride;
  }

  // The first position of the tile that begins at `row`: all of its 32 must be rows that exist.
  Index tile_position(Index row) const {
    const Index first = position(row);
    return copies_rows_ ? first : smaller(first, positions_ - kAmxRows);
  }

  // The first row that the tile at `position` does not hold.
  Index behind_tile(Index first_row, Index tile) const {
    const Index end = block_.first_row + block_.rows;
    Index row = first_row;
    while (row < end && position(row) < tile + kAmxRows) row += rows_in_line(row, tile, end);
    return row;
  }

  // Rows from `row` on that lie in one line of A and of C and in the tile.
  Index rows_in_line(Index row, Index tile, Index end) const {
    const Index a_left = g_.a_layout.pixels_per_line - row % g_.a_layout.pixels_per_line;
    const Index c_left = g_.c_layout.pixels_per_line - row % g_.c_layout.pixels_per_line;
    return smaller(smaller(a_left, c_left), smaller(tile + kAmxRows - position(row), end - row));
  }

  // Up to kTilesAtOnce tiles from `row` on; returns the row behind them.
  template <int kPanels>
  Index multiply_rows(Index panel, Index row) {
    const Index end = block_.first_row + block_.rows;
    Index next = row;
    for (Index k = 0; k < units_; k += kGemmBlock) {
      const bool is_last = k + kGemmBlock >= units_;
      const AmxOperands weights = weights_at<kPanels>(panel, k);
      next = row;
      for (Index tile = 0; tile < kTilesAtOnce && next < end; ++tile) {
        const Index at = tile_position(next);
        float* const sums = sums_ + tile * kAmxRows * kAmxColumns;
        add_block<kPanels>(weights, at, k, sums);
        const Index behind = behind_tile(next, at);
        if (is_last) finish<kPanels>(panel, next, behind, at, sums);
        next = behind;
      }
    }
    return next;
  }

  // A block of k of the panels: where they lie, or unpacked.
  template <int kPanels>
  AmxOperands weights_at(Index panel, Index first) const {
    AmxOperands weights;
    if (panels_.are_read_in_place()) {
      weights.b_stride = g_.weights.panel_lines * kPanelWidth;
      weights.b = static_cast<const float*>(g_.weights.data) + panel * weights.b_stride + first * kPanelWidth;
      return weights;
    }
    weights.b_stride = kGemmBlock * kPanelWidth;
    weights.b = unpacked_;
    simd::AmxTiles::memory_barrier();
    for (Index p = 0; p < kPanels; ++p) {
      panels_.unpack(panel + p, first, smaller(kGemmBlock, units_ - first), unpacked_ + p * weights.b_stride);
    }
    simd::AmxTiles::memory_barrier();
    return weights;
  }

  template <int kPanels>
  void add_block(AmxOperands in, Index tile, Index first, float* sums) {
    const Index count = smaller(kGemmBlock, units_ - first);
    if (first == 0) {
      AmxProduct<kUnit, kPanels>::clear();
    } else {
      AmxProduct<kUnit, kPanels>::load(sums, kAmxColumns);
    }
    if (copies_rows_) {
      copy_rows(tile, first, count);
      in.a = rows_copy_;
      in.a_stride = kGemmBlock;
      add_steps<kPanels>(in, count / kAmxStep);
      if (count % kAmxStep != 0) add_rest<kPanels>(in, count % kAmxStep);
    } else {
      in.a_stride = a_stride_;
      const float* const rows = static_cast<const float*>(g_.a) + tile * a_stride_;
      for (Index done = 0; done < count;) {  // runs of k that are contiguous in A
        const Index k = first + done;
        const Index length = smaller(run_ - k % run_, count - done);
        in.a = rows + k / run_ * (g_.segment_stride / kUnit) + k % run_;
        add_steps<kPanels>(in, length / kAmxStep);
        done += length;
      }
    }
    AmxProduct<kUnit, kPanels>::store(sums, kAmxColumns);
  }

  template <int kPanels>
  void add_steps(AmxOperands& in, Index steps) {
    for (; steps > 0; --steps) {
      AmxProduct<kUnit, kPanels>::add(in);
      in.a += kAmxStep;
      in.b += kAmxStep * kPanelWidth;
      for (Index line = 0; line < prefetch_lines_; ++line, prefetch_ += 64) _mm_prefetch(prefetch_, _MM_HINT_T1);
    }
  }

  // The end of a k that is no multiple of a step: zeros beyond it, in the rows (copy_rows) and in the panels, where
  // there may be anything.
  template <int kPanels>
  void add_rest(AmxOperands in, Index units) {
    for (Index p = 0; p < kPanels; ++p) {
      for (Index unit = 0; unit < kAmxStep; ++unit) {
        const __m512 values =
            unit < units ? _mm512_loadu_ps(in.b + p * in.b_stride + unit * kPanelWidth) : _mm512_setzero_ps();
        _mm512_storeu_ps(panels_copy_ + (p * kAmxStep + unit) * kPanelWidth, values);
      }
    }
    in.b = panels_copy_;
    in.b_stride = kAmxStep * kPanelWidth;
    simd::AmxTiles::memory_barrier();
    AmxProduct<kUnit, kPanels>::add(in);
  }

  // Rows that no tile can read where they lie. Those that do not exist and what is behind k are zero.
  void copy_rows(Index tile, Index first, Index count) {
    simd::AmxTiles::memory_barrier();
    for (Index r = 0; r < kAmxRows; ++r) {
      float* const out = rows_copy_ + r * kGemmBlock;
      const float* const row = static_cast<const float*>(g_.a) + (tile + r) * a_stride_;
      const Index present = tile + r < positions_ ? count : 0;
      for (Index i = 0; i < present; ++i) {
        const Index k = first + i;
        __builtin_memcpy(out + i, row + k / run_ * (g_.segment_stride / kUnit) + k % run_, sizeof(float));
      }
      for (Index i = present; i < kGemmBlock; ++i) out[i] = 0.0f;
    }
    simd::AmxTiles::memory_barrier();
  }

  template <int kPanels>
  void finish(Index panel, Index row, Index behind, Index tile, const float* sums) const {
    while (row < behind) {
      const Index rows = rows_in_line(row, tile, behind);
      epilogue_.finish(row, rows, panel, kPanels, sums + (position(row) - tile) * kAmxColumns, kAmxColumns);
      row += rows;
    }
  }

  // The next pair of panels, spread over the steps of this one.
  void start_prefetch(Index panel) {
    const Index panels = (g_.weights.n + kPanelWidth - 1) / kPanelWidth;
    const Index next = panels_.are_read_in_place() ? smaller(panels - panel - kAmxPanels, kAmxPanels) : 0;
    const Index tiles = (block_.rows + kAmxRows - 1) / kAmxRows;
    constexpr Index kLargestShare = 8;
    prefetch_lines_ = next > 0 ? smaller((next * kAmxStep + tiles - 1) / tiles, kLargestShare) : 0;
    if (next <= 0) return;
    prefetch_ = static_cast<const char*>(g_.weights.data) +
                (panel + kAmxPanels) * units_ * kPanelWidth * static_cast<Index>(sizeof(float));
  }

  const GemmArguments& g_;
  const GemmBlock& block_;
  GemmPanels<AmxIsa<kUnit>> panels_;
  GemmEpilogue<AmxIsa<kUnit>> epilogue_;
  float* sums_;
  float* rows_copy_;
  float* panels_copy_;
  float* unpacked_;
  Index units_;
  Index run_;  // units of k that are contiguous in A
  Index a_stride_;
  Index positions_;
  bool copies_rows_;
  Index prefetch_lines_ = 0;
  const char* prefetch_ = nullptr;
};

static_assert(kTilesAtOnce * kAmxRows * kAmxColumns + kAmxRows * kGemmBlock + kAmxPanels * kAmxStep * kPanelWidth +
                  kAmxPanels * kGemmBlock * kPanelWidth <=
              kAmxScratchFloats);

}  // namespace

void gemm_bf16_amx(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  const simd::AmxTiles tiles;
  AmxGemm<2>(arguments, block, scratch).multiply();
}

void gemm_int8_amx(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  const simd::AmxTiles tiles;
  AmxGemm<4>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

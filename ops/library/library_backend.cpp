#include "ops/library/library_backend.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/divide.h"
#include "core/first_exception.h"
#include "ops/native/row_blocks.h"
#include "ops/native/worker_scratch.h"

namespace vitpose::engine {

namespace {

struct PreparedWeights {
  Index block_channels = 0;
  std::vector<std::shared_ptr<const void>> blocks;
};

// Rows [first, first + channels) of W, row-major; a panel at a time, as they lie in memory.
std::vector<float> unpacked(const PackedMatrix& matrix, Index first, Index channels) {
  std::vector<float> rows(static_cast<std::size_t>(channels * matrix.k));
  for (Index begin = 0; begin < channels; begin += kPanelWidth) {
    const Index end = std::min(begin + kPanelWidth, channels);
    for (Index kk = 0; kk < matrix.k; ++kk) {
      for (Index j = begin; j < end; ++j) {
        rows[static_cast<std::size_t>(j * matrix.k + kk)] = packed_element(matrix, first + j, kk);
      }
    }
  }
  return rows;
}

}  // namespace

void LibraryBackend::prepare(LinearWeights& weights) const {
  const PackedMatrix& matrix = weights.matrix;
  auto prepared = std::make_shared<PreparedWeights>();
  prepared->block_channels = std::min(block_channels(matrix.k), matrix.n);
  prepared->blocks.resize(static_cast<std::size_t>(ceil_divide(matrix.n, prepared->block_channels)));
  FirstException exception;  // a library may throw
  pool().parallel_for(static_cast<Index>(prepared->blocks.size()), [&](Index block, int) {
    exception.guard([&] {
      const Index first = block * prepared->block_channels;
      const Index channels = std::min(prepared->block_channels, matrix.n - first);
      const std::vector<float> rows = unpacked(matrix, first, channels);
      prepared->blocks[static_cast<std::size_t>(block)] = prepare_block(rows.data(), channels, matrix.k);
    });
  });
  exception.rethrow();
  weights.prepared = std::move(prepared);
}

// A as an ordinary matrix without gaps: itself, or its windows gathered into the workspace.
const float* LibraryBackend::dense_rows(const GemmArguments& g, Workspace& workspace) const {
  const Index k = g.weights.k;
  const auto* const a = static_cast<const float*>(g.a);
  if (g.segments == 1 && g.a_layout.pixels_per_line >= g.rows && g.a_layout.pixel_stride == k) return a;
  float* const dense = workspace.take<float>(g.rows * k);
  const Index segment = k / g.segments;
  const RowBlocks blocks(g.rows, k);
  pool().parallel_for(blocks.count(), [&](Index task, int) {
    for (Index r = blocks.first(task); r < blocks.first(task) + blocks.rows(task); ++r) {
      const float* from = a + g.a_layout.offset(r);
      for (Index s = 0; s < g.segments; ++s) {
        std::memcpy(dense + r * k + s * segment, from + s * g.segment_stride,
                    static_cast<std::size_t>(segment) * sizeof(float));
      }
    }
  });
  return dense;
}

// c = epilogue(sum + bias), in the order of gemm.h, by the elementwise kernels.
void LibraryBackend::finish(const GemmArguments& g, const Tile& tile, Index first_row, Index first_channel) const {
  const Index count = tile.channels;
  if (g.bias != nullptr) kernels().add_row({tile.out, tile.rows, count}, g.bias + first_channel);
  for (Index r = 0; r < tile.rows; ++r) {
    const float* const values = tile.out + r * count;
    float* const c = static_cast<float*>(g.c) + g.c_layout.offset(first_row + r) + first_channel;
    switch (g.epilogue) {
      case Epilogue::kStore: std::memcpy(c, values, static_cast<std::size_t>(count) * sizeof(float)); break;
      case Epilogue::kRelu: kernels().relu(values, c, count); break;
      case Epilogue::kGelu: kernels().gelu(values, c, count); break;
      case Epilogue::kAccumulate: kernels().add_row({c, 1, count}, values); break;
    }
  }
}

void LibraryBackend::multiply(const GemmArguments& g, const LinearWeights& weights, Workspace& workspace) const {
  assert(weights.prepared != nullptr);
  const auto& prepared = *static_cast<const PreparedWeights*>(weights.prepared.get());
  const Workspace::Scope scope(workspace);
  const float* const a = dense_rows(g, workspace);
  const Index k = g.weights.k;
  const Index n = g.weights.n;
  const Index channel_blocks = ceil_divide(n, prepared.block_channels);
  const Index tile_floats = std::min(g.rows, kTileRows) * prepared.block_channels;
  Index scratch_floats = 0;
  for (const Index rows : {std::min(g.rows, kTileRows), g.rows % kTileRows}) {
    for (const Index channels : {prepared.block_channels, n % prepared.block_channels}) {
      if (rows == 0 || channels == 0) continue;
      scratch_floats = std::max(scratch_floats, tile_scratch_floats(rows, channels, k));
    }
  }
  const WorkerScratch tiles(workspace, pool(), tile_floats);
  const WorkerScratch scratch(workspace, pool(), scratch_floats);
  FirstException exception;
  pool().parallel_for(ceil_divide(g.rows, kTileRows) * channel_blocks, [&](Index task, int worker) {
    exception.guard([&] {
      const Index row = task / channel_blocks * kTileRows;
      const Index block = task % channel_blocks;
      const Index channel = block * prepared.block_channels;
      const Tile tile{a + row * k,
                      std::min(kTileRows, g.rows - row),
                      prepared.blocks[static_cast<std::size_t>(block)].get(),
                      std::min(prepared.block_channels, n - channel),
                      k,
                      tiles.of(worker),
                      scratch.of(worker)};
      multiply_tile(tile);
      finish(g, tile, row, channel);
    });
  });
  exception.rethrow();
}

}  // namespace vitpose::engine

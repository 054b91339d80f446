#include "ops/library/library_backend.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <exception>
#include <mutex>

#include "ops/native/row_blocks.h"
#include "ops/native/worker_scratch.h"

namespace vitpose::engine {

namespace {

struct PreparedWeights {
  Index block_channels = 0;
  std::vector<std::shared_ptr<const void>> blocks;
};

Index ceil_divide(Index a, Index b) {
  return (a + b - 1) / b;
}

// A library may throw, a task of the pool may not: the first exception is thrown again after the loop.
class FirstException {
 public:
  template <class Call>
  void guard(Call&& call) {
    try {
      call();
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!first_) first_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr first_;
};

}  // namespace

void LibraryBackend::prepare(LinearWeights& weights) const {
  const Index k = weights.matrix.k;
  const Index n = weights.matrix.n;
  auto prepared = std::make_shared<PreparedWeights>();
  prepared->block_channels = std::min(block_channels(k), n);
  std::vector<float> rows(static_cast<std::size_t>(prepared->block_channels * k));
  for (Index first = 0; first < n; first += prepared->block_channels) {
    const Index channels = std::min(prepared->block_channels, n - first);
    for (Index kk = 0; kk < k; ++kk) {
      for (Index j = 0; j < channels; ++j) {
        rows[static_cast<std::size_t>(j * k + kk)] = packed_element(weights.matrix, first + j, kk);
      }
    }
    prepared->blocks.push_back(prepare_block(rows.data(), channels, k));
  }
  weights.prepared = std::move(prepared);
}

// A as an ordinary matrix without gaps: itself, or its windows gathered into the workspace.
const float* LibraryBackend::dense_rows(const GemmArguments& g, Workspace& workspace) const {
  const Index k = g.weights.k;
  if (g.segments == 1 && g.a_layout.pixels_per_line >= g.rows && g.a_layout.pixel_stride == k) return g.a;
  float* const dense = workspace.take<float>(g.rows * k);
  const Index segment = k / g.segments;
  const RowBlocks blocks(g.rows, k);
  pool().parallel_for(blocks.count(), [&](Index task, int) {
    for (Index r = blocks.first(task); r < blocks.first(task) + blocks.rows(task); ++r) {
      const float* from = g.a + g.a_layout.offset(r);
      for (Index s = 0; s < g.segments; ++s) {
        std::memcpy(dense + r * k + s * segment, from + s * g.segment_stride,
                    static_cast<std::size_t>(segment) * sizeof(float));
      }
    }
  });
  return dense;
}

// c = epilogue(sum + bias), row by row.
void LibraryBackend::finish(const GemmArguments& g, const Tile& tile, Index first_row, Index first_channel) const {
  const float* sums = tile.out;
  for (Index r = 0; r < tile.rows; ++r, sums += tile.channels) {
    float* const c = g.c + g.c_layout.offset(first_row + r) + first_channel;
    const float* const bias = g.bias == nullptr ? nullptr : g.bias + first_channel;
    const auto value = [&](Index j) { return bias == nullptr ? sums[j] : sums[j] + bias[j]; };
    if (g.epilogue == Epilogue::kAccumulate) {
      for (Index j = 0; j < tile.channels; ++j) c[j] = value(j) + c[j];
    } else {
      for (Index j = 0; j < tile.channels; ++j) c[j] = value(j);
    }
    if (g.epilogue == Epilogue::kRelu) kernels().relu(c, c, tile.channels);
    if (g.epilogue == Epilogue::kGelu) kernels().gelu(c, c, tile.channels);
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

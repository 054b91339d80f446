// The verbs of the transformer's layers; native_convolutions.cpp has those that see images.
#include "ops/native/native_backend.h"

#include <algorithm>
#include <cassert>

#include "ops/native/row_blocks.h"
#include "ops/native/worker_scratch.h"

namespace vitpose::engine {

namespace {

// How a product is cut into tasks of some 30 to 60 microseconds: long against the cost of handing one out, short
// against a layer, so that a core which another process takes delays the others by little.
//
// A task is a block of rows by a few panels. Neighbouring tasks share the rows, which therefore stay in the
// second-level cache (0.6 MB) while the weights pass by: to stream the weights once per block of rows costs
// 2 to 9 GB/s a core, to stream the rows once per pair of panels would cost more.
struct GemmTasks {
  Index row_block;
  Index row_blocks;
  Index panel_group;
  Index panel_groups;
  Index count() const { return row_blocks * panel_groups; }
};

constexpr Index kTaskProducts = Index{192} * 32 * 768;  // multiply-adds
constexpr Index kTileRows = 12;                         // a multiple of every table's tile
constexpr Index kTilePanels = 2;
constexpr Index kTasksPerThread = 4;

Index ceil_divide(Index a, Index b) {
  return (a + b - 1) / b;
}

GemmTasks cut(const GemmArguments& g, Index threads) {
  const Index panels = g.weights.panels();
  Index products_of_row = g.weights.k * kTilePanels * kPanelWidth;
  const auto with_rows = [&](Index rows) {
    const Index blocks = ceil_divide(g.rows, std::max(rows, kTileRows));
    GemmTasks tasks{};
    tasks.row_block = ceil_divide(ceil_divide(g.rows, blocks), kTileRows) * kTileRows;
    tasks.row_blocks = ceil_divide(g.rows, tasks.row_block);
    const Index pairs = std::max<Index>(kTaskProducts / (products_of_row * tasks.row_block), 1);
    tasks.panel_group = std::min(pairs * kTilePanels, panels);
    tasks.panel_groups = ceil_divide(panels, tasks.panel_group);
    return tasks;
  };
  GemmTasks tasks = with_rows(kTaskProducts / products_of_row);
  // Many threads and little work: smaller blocks of rows, down to one tile.
  while (threads > 1 && tasks.count() < threads * kTasksPerThread && tasks.row_block > kTileRows) {
    products_of_row *= 2;  // a task is half as long
    tasks = with_rows(tasks.row_block / 2);
  }
  return tasks;
}

}  // namespace

void NativeBackend::multiply(const GemmArguments& arguments, [[maybe_unused]] const LinearWeights& weights,
                             Workspace& workspace) const {
  assert(arguments.weights.data == weights.matrix.data && arguments.bias == weights.bias);
  const Workspace::Scope scope(workspace);
  const GemmTasks tasks = cut(arguments, pool_->size());
  const Index panels = arguments.weights.panels();
  const WorkerScratch scratch(workspace, *pool_, gemm_scratch_floats(arguments));
  pool_->parallel_for(tasks.count(), [&](Index task, int worker) {
    const Index row = task / tasks.panel_groups * tasks.row_block;
    const Index panel = task % tasks.panel_groups * tasks.panel_group;
    kernels_.gemm(arguments, row, std::min(tasks.row_block, arguments.rows - row), panel,
                  std::min(tasks.panel_group, panels - panel), scratch.of(worker));
  });
}

void NativeBackend::linear(MatrixView<const float> x, const LinearWeights& weights, MatrixView<float> out,
                           Epilogue epilogue, Workspace& workspace) const {
  assert(x.rows == out.rows && x.columns == weights.matrix.k && out.columns == weights.matrix.n);
  if (x.rows == 0) return;
  GemmArguments g;
  g.rows = x.rows;
  g.a = x.data;
  g.a_layout = RowLayout::plain(x.rows, x.row_stride);
  g.weights = weights.matrix;
  g.bias = weights.bias;
  g.c = out.data;
  g.c_layout = RowLayout::plain(out.rows, out.row_stride);
  g.epilogue = epilogue;
  multiply(g, weights, workspace);
}

void NativeBackend::layer_norm(MatrixView<const float> x, const LayerNormWeights& weights,
                               MatrixView<float> out) const {
  assert(x.rows == out.rows && x.columns == out.columns);
  const RowBlocks blocks(x.rows, x.columns);
  pool_->parallel_for(blocks.count(), [&](Index task, int) {
    kernels_.layer_norm(x.row_block(blocks.first(task), blocks.rows(task)), weights,
                        out.row_block(blocks.first(task), blocks.rows(task)));
  });
}

void NativeBackend::attention(MatrixView<const float> qkv, Index tokens, Index heads, MatrixView<float> out,
                              Workspace& workspace) const {
  const Index channels = out.columns;
  assert(qkv.columns == 3 * channels && channels % heads == 0 && qkv.rows == out.rows && qkv.rows % tokens == 0);
  const Workspace::Scope scope(workspace);
  const Index head_size = channels / heads;
  const WorkerScratch scratch(workspace, *pool_, attention_scratch_floats(tokens, head_size));
  pool_->parallel_for(qkv.rows / tokens * heads, [&](Index task, int worker) {
    const Index row = task / heads * tokens;
    const Index column = task % heads * head_size;
    AttentionArguments head;
    head.tokens = tokens;
    head.head_size = head_size;
    head.q = qkv.row(row) + column;
    head.k = head.q + channels;
    head.v = head.k + channels;
    head.qkv_stride = qkv.row_stride;
    head.out = out.row(row) + column;
    head.out_stride = out.row_stride;
    kernels_.attention(head, scratch.of(worker));
  });
}

void NativeBackend::relu(MatrixView<const float> x, MatrixView<float> out) const {
  assert(x.rows == out.rows && x.columns == out.columns);
  const RowBlocks blocks(x.rows, x.columns);
  pool_->parallel_for(blocks.count(), [&](Index task, int) {
    for (Index r = blocks.first(task); r < blocks.first(task) + blocks.rows(task); ++r) {
      kernels_.relu(x.row(r), out.row(r), x.columns);
    }
  });
}

}  // namespace vitpose::engine

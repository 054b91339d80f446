// The verbs of the transformer's layers; native_convolutions.cpp has those that see images.
#include "ops/native/native_backend.h"

#include <algorithm>
#include <cassert>

#include "core/divide.h"
#include "ops/native/row_blocks.h"
#include "ops/native/worker_scratch.h"

namespace vitpose::engine {

namespace {

// How a product is cut into tasks of some 30 to 60 microseconds: long against the cost of handing one out, short
// against a layer, so that a core which another process takes delays the others by little.
//
// A task is a block of rows by a pair of panels by a range of k. Neighbouring tasks share the rows, which therefore
// stay in the second-level cache (0.6 MB) while the weights pass by once per block of rows: at 192 rows that takes
// 2 GB/s a core. A long k is cut into ranges, one loop each, because 192 rows of it would not fit, and fewer rows
// would take more of the bandwidth of the cache behind.
struct GemmTasks {
  Index k_range;
  Index row_block;
  Index row_blocks;
  Index panel_group;
  Index panel_groups;
  Index count() const { return row_blocks * panel_groups; }
};

constexpr Index kLongestRange = 1024;
constexpr Index kTaskProducts = Index{192} * 32 * 1024;  // multiply-adds
constexpr Index kTileRows = 12;                          // a multiple of every table's tile
constexpr Index kTilePanels = 2;
constexpr Index kTasksPerThread = 4;

// Ranges of equal length, in whole blocks.
Index cut_k(Index k) {
  const Index ranges = ceil_divide(k, kLongestRange);
  return ranges == 1 ? k : ceil_divide(ceil_divide(k, ranges), kGemmBlock) * kGemmBlock;
}

GemmTasks cut(const GemmArguments& g, Index threads) {
  const Index panels = g.weights.panels();
  GemmTasks tasks{};
  tasks.k_range = cut_k(g.weights.k);
  const Index products_of_row = tasks.k_range * kTilePanels * kPanelWidth;
  // Many threads and little work: smaller tasks, down to one tile.
  for (Index products = kTaskProducts;; products /= 2) {
    const Index rows = std::max(products / products_of_row, kTileRows);
    tasks.row_block = ceil_divide(ceil_divide(g.rows, ceil_divide(g.rows, rows)), kTileRows) * kTileRows;
    tasks.row_blocks = ceil_divide(g.rows, tasks.row_block);
    const Index pairs = std::max<Index>(products / (products_of_row * tasks.row_block), 1);
    tasks.panel_group = std::min(pairs * kTilePanels, panels);
    tasks.panel_groups = ceil_divide(panels, tasks.panel_group);
    const bool is_smallest = tasks.row_block == kTileRows && pairs == 1;
    if (threads == 1 || is_smallest || tasks.count() >= threads * kTasksPerThread) return tasks;
  }
}

}  // namespace

void NativeBackend::multiply(const GemmArguments& arguments, [[maybe_unused]] const LinearWeights& weights,
                             Workspace& workspace) const {
  assert(arguments.weights.data == weights.matrix.data && arguments.bias == weights.bias);
  const Workspace::Scope scope(workspace);
  const GemmTasks tasks = cut(arguments, pool_->size());
  const Index k = arguments.weights.k;
  const Index panels = arguments.weights.panels();
  const WorkerScratch scratch(workspace, *pool_, gemm_scratch_floats(arguments, tasks.k_range));
  const Index sums_floats = tasks.row_block * tasks.panel_group * kPanelWidth;
  float* sums = tasks.k_range < k ? workspace.take<float>(tasks.count() * sums_floats) : nullptr;
  for (Index first_k = 0; first_k < k; first_k += tasks.k_range) {
    pool_->parallel_for(tasks.count(), [&](Index task, int worker) {
      GemmBlock block;
      block.first_row = task / tasks.panel_groups * tasks.row_block;
      block.rows = std::min(tasks.row_block, arguments.rows - block.first_row);
      block.first_panel = task % tasks.panel_groups * tasks.panel_group;
      block.panels = std::min(tasks.panel_group, panels - block.first_panel);
      block.first_k = first_k;
      block.k = std::min(tasks.k_range, k - first_k);
      if (sums != nullptr) block.sums = sums + task * sums_floats;
      kernels_.gemm(arguments, block, scratch.of(worker));
    });
  }
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

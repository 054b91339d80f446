// The verbs of the transformer's layers; native_convolutions.cpp has those that see images.
#include "ops/native/native_backend.h"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "core/divide.h"
#include "ops/native/row_blocks.h"
#include "ops/native/worker_scratch.h"

namespace vitpose::engine {

namespace {

// How a product is cut into tasks of some 30 to 60 microseconds: long against the cost of handing one out, short
// against a layer, so that a core which another process takes delays the others by little.
//
// A task is a block of rows by a tile's panels by a range of k. Neighbouring tasks share the rows, which therefore
// stay in the second-level cache (0.6 MB) while the weights pass by once per block of rows: at 192 rows that takes
// 2 GB/s a core. A long k is cut into ranges (GemmTuning), one loop each, because 192 rows of it would not fit, and
// fewer rows would take more of the bandwidth of the cache behind.
struct GemmTasks {
  Index k_range;
  Index row_block;
  Index row_blocks;
  Index tile_columns;  // of as many panels as a tile is wide; the last may lack some
  Index panel_groups;  // of tile columns, which differ by one at most: all threads get shares of the same size
  Index count() const { return row_blocks * panel_groups; }
  Index first_tile_column(Index group) const { return tile_columns * group / panel_groups; }
  Index largest_group() const { return ceil_divide(tile_columns, panel_groups); }
};

constexpr Index kTasksPerThread = 4;

// Ranges of equal length, in whole blocks.
Index cut_k(Index units, Index longest) {
  const Index ranges = ceil_divide(units, longest);
  return ranges == 1 ? units : ceil_divide(ceil_divide(units, ranges), kGemmBlock) * kGemmBlock;
}

GemmTasks cut(const GemmArguments& g, const GemmTuning& tuning, Index threads) {
  GemmTasks tasks{};
  tasks.tile_columns = ceil_divide(g.weights.panels(), tuning.tile_panels);
  tasks.k_range = cut_k(g.units(), tuning.longest_range);
  const Index products_of_row = tasks.k_range * tuning.tile_panels * kPanelWidth;
  // Many threads and little work: smaller tasks, down to one tile.
  for (Index products = tuning.task_products;; products /= 2) {
    const Index rows = std::max(products * tuning.height / products_of_row, tuning.tile_rows);
    tasks.row_block = ceil_divide(ceil_divide(g.rows, ceil_divide(g.rows, rows)), tuning.tile_rows) * tuning.tile_rows;
    tasks.row_blocks = ceil_divide(g.rows, tasks.row_block);
    const Index group = std::max<Index>(products / (products_of_row * tasks.row_block), 1);
    tasks.panel_groups = ceil_divide(tasks.tile_columns, group);
    const bool is_smallest = tasks.row_block == tuning.tile_rows && group == 1;
    if (threads > 1 && !is_smallest && tasks.count() < threads * kTasksPerThread) continue;
    while (tasks.count() % threads != 0 && tasks.panel_groups < tasks.tile_columns) ++tasks.panel_groups;
    return tasks;
  }
}

}  // namespace

bool NativeBackend::multiplies(DType weights) const {
  switch (weights) {
    case DType::kF32: return bf16_ == nullptr;
    case DType::kBF16:
    case DType::kI4: return true;
    case DType::kI8: return bf16_ != nullptr || int8_ != nullptr;
    default: return false;
  }
}

NativeBackend::Product NativeBackend::product_of(DType a_dtype) const {
  switch (a_dtype) {
    case DType::kF32: return {kernels_.gemm, kernels_.gemm_tuning};
    case DType::kBF16: return {bf16_->gemm, bf16_->gemm_tuning};
    default: break;
  }
  if (bf16_ != nullptr) return {bf16_->gemm_int8, bf16_->gemm_tuning};
  return {int8_->gemm, int8_->gemm_tuning};
}

void NativeBackend::multiply(const GemmArguments& arguments, [[maybe_unused]] const LinearWeights& weights,
                             Workspace& workspace) const {
  assert(arguments.weights.data == weights.matrix.data && arguments.bias == weights.bias);
  const Workspace::Scope scope(workspace);
  const Product product = product_of(arguments.a_dtype);
  const GemmTuning& tuning = product.tuning;
  const GemmTasks tasks = cut(arguments, tuning, pool_->available());
  const Index units = arguments.units();
  const Index panels = arguments.weights.panels();
  const WorkerScratch scratch(workspace, *pool_, gemm_scratch_floats(arguments, tasks.k_range));
  const Index sums_floats = tasks.row_block * tasks.largest_group() * tuning.tile_panels * kPanelWidth;
  float* sums = tasks.k_range < units ? workspace.take<float>(tasks.count() * sums_floats) : nullptr;
  for (Index first_k = 0; first_k < units; first_k += tasks.k_range) {
    pool_->parallel_for(tasks.count(), [&](Index task, int worker) {
      GemmBlock block;
      block.first_row = task / tasks.panel_groups * tasks.row_block;
      block.rows = std::min(tasks.row_block, arguments.rows - block.first_row);
      const Index group = task % tasks.panel_groups;
      block.first_panel = tasks.first_tile_column(group) * tuning.tile_panels;
      block.panels = std::min(tasks.first_tile_column(group + 1) * tuning.tile_panels, panels) - block.first_panel;
      block.first_k = first_k;
      block.k = std::min(tasks.k_range, units - first_k);
      if (sums != nullptr) block.sums = sums + task * sums_floats;
      product.kernel(arguments, block, scratch.of(worker));
    });
  }
}

void NativeBackend::product(const GemmArguments& arguments, const LinearWeights& weights, Workspace& workspace) const {
  if (times_ == nullptr) return multiply(arguments, weights, workspace);
  const auto start = std::chrono::steady_clock::now();
  multiply(arguments, weights, workspace);
  ProductTime& time = (*times_)[arguments.a_dtype];
  time.ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  time.multiply_adds += static_cast<double>(arguments.rows * arguments.weights.n * arguments.weights.k);
}

void NativeBackend::quantise(const void* x, Index count, void* out, Index padded, float* scale, float* zero) const {
  if (bf16_ != nullptr) {
    bf16_->quantise(static_cast<const BFloat16*>(x), count, static_cast<std::uint8_t*>(out), padded, scale, zero);
  } else {
    int8_->quantise(static_cast<const float*>(x), count, out, padded, scale, zero);
  }
}

NativeBackend::QuantisedRows NativeBackend::quantise_rows(ConstActivations x, Workspace& workspace) const {
  const DType dtype = quantised_dtype();
  const Index line = static_cast<Index>(kAlignment / size_of(dtype));  // a multiple of the widest kernel's step
  const Index columns = ceil_divide(x.columns, line) * line;
  const Index stride = activation_stride(dtype, columns);
  QuantisedRows result{{workspace.take<std::byte>(x.rows * stride * static_cast<Index>(size_of(dtype))), dtype, x.rows,
                        x.columns, stride},
                       workspace.take<float>(x.rows),
                       workspace.take<float>(x.rows)};
  const RowBlocks blocks(x.rows, x.columns);
  pool_->parallel_for(blocks.count(), [&](Index task, int) {
    for (Index r = blocks.first(task); r < blocks.first(task) + blocks.rows(task); ++r) {
      quantise(x.row(r), x.columns, result.bytes.row(r), columns, result.scales + r, result.zeros + r);
    }
  });
  return result;
}

void NativeBackend::linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
                           Workspace& workspace) const {
  assert(x.rows == out.rows && x.columns == weights.matrix.k && out.columns == weights.matrix.n);
  if (x.rows == 0) return;
  const Workspace::Scope scope(workspace);
  GemmArguments g;
  if (weights.matrix.dtype == DType::kI8) {
    const QuantisedRows quantised = quantise_rows(x, workspace);
    g.a_scales = quantised.scales;
    g.a_zeros = quantised.zeros;
    x = quantised.bytes;
  }
  g.rows = x.rows;
  g.a = x.data;
  g.a_dtype = x.dtype;
  g.a_layout = RowLayout::plain(x.rows, x.row_stride);
  g.weights = weights.matrix;
  g.bias = weights.bias;
  g.c = out.data;
  g.c_dtype = out.dtype;
  g.c_layout = RowLayout::plain(out.rows, out.row_stride);
  g.epilogue = epilogue;
  product(g, weights, workspace);
}

void NativeBackend::layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const {
  assert(x.rows == out.rows && x.columns == out.columns);
  const RowBlocks blocks(x.rows, x.columns);
  pool_->parallel_for(blocks.count(), [&](Index task, int) {
    const MatrixView<const float> rows = x.row_block(blocks.first(task), blocks.rows(task));
    const Activations target = out.row_block(blocks.first(task), blocks.rows(task));
    if (out.dtype == DType::kBF16) {
      bf16_->layer_norm(rows, weights, target.bf16());
    } else {
      kernels_.layer_norm(rows, weights, target.f32());
    }
  });
}

// One head of the image whose first row is `row`; its columns of q begin at `column`.
void NativeBackend::attention_head(ConstActivations qkv, Index row, Index column, AttentionShape shape, Activations out,
                                   float* scratch) const {
  const Index channels = out.columns;
  const auto head = [&](auto arguments, auto in, auto result) {
    arguments.tokens = shape.tokens;
    arguments.head_size = shape.head_size;
    arguments.q = in.row(row) + column;
    arguments.k = arguments.q + channels;
    arguments.v = arguments.k + channels;
    arguments.qkv_stride = in.row_stride;
    arguments.out = result.row(row) + column;
    arguments.out_stride = result.row_stride;
    return arguments;
  };
  if (qkv.dtype == DType::kBF16) {
    bf16_->attention(head(AttentionBf16Arguments(), qkv.bf16(), out.bf16()), scratch);
  } else {
    kernels_.attention(head(AttentionArguments(), qkv.f32(), out.f32()), scratch);
  }
}

void NativeBackend::attention(ConstActivations qkv, Index tokens, Index heads, Activations out,
                              Workspace& workspace) const {
  const Index channels = out.columns;
  assert(qkv.columns == 3 * channels && channels % heads == 0 && qkv.rows == out.rows && qkv.rows % tokens == 0);
  const Workspace::Scope scope(workspace);
  const AttentionShape shape{tokens, channels / heads};
  const bool is_bf16 = qkv.dtype == DType::kBF16;
  const WorkerScratch scratch(workspace, *pool_,
                              is_bf16 ? attention_bf16_scratch_floats(tokens, shape.head_size)
                                      : attention_scratch_floats(tokens, shape.head_size));
  pool_->parallel_for(qkv.rows / tokens * heads, [&](Index task, int worker) {
    attention_head(qkv, task / heads * tokens, task % heads * shape.head_size, shape, out, scratch.of(worker));
  });
}

void NativeBackend::relu(ConstActivations x, Activations out) const {
  assert(x.rows == out.rows && x.columns == out.columns && x.dtype == out.dtype);
  const RowBlocks blocks(x.rows, x.columns);
  pool_->parallel_for(blocks.count(), [&](Index task, int) {
    for (Index r = blocks.first(task); r < blocks.first(task) + blocks.rows(task); ++r) {
      if (x.dtype == DType::kBF16) {
        bf16_->relu(x.bf16().row(r), out.bf16().row(r), x.columns);
      } else {
        kernels_.relu(x.f32().row(r), out.f32().row(r), x.columns);
      }
    }
  });
}

}  // namespace vitpose::engine

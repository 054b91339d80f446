// Matrix products of every table against their definition: any sizes, layouts of rows, runs of k, epilogues, and cuts
// into blocks.
#include <cstring>
#include <optional>

#include "core/divide.h"
#include "ops/bf16_kernels.h"
#include "ops/int8_kernels.h"
#include "ops/kernels.h"
#include "tests/fuzz/kernel_fuzzing.h"
#include "tests/ops/definitions.h"
#include "tests/ops/gemm_blocks.h"

namespace vitpose::engine::test {
namespace {

constexpr Index kMostProducts = 60'000;  // of most inputs, with what fills their panels: speed
constexpr Index kLongRun = 96;           // units, with which a whole tile finishes the one before

struct Candidate {
  std::string name;
  GemmKernel kernel;
  DType a_dtype;  // kI16: reads bytes as words
  bool cuts_k;
};

std::vector<Candidate> candidates(DType a_dtype, DType c_dtype) {
  std::vector<Candidate> result;
  const auto add = [&](const std::string& name, GemmKernel kernel, DType rows, const GemmTuning& tuning) {
    result.push_back({name, kernel, rows, tuning.longest_range != kNeverCut});
  };
  if (a_dtype == DType::kF32) {
    for (const KernelTable* table : available_kernel_tables()) {
      add(table->name, table->gemm, a_dtype, table->gemm_tuning);
    }
    return result;
  }
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    add(kernels->name, a_dtype == DType::kU8 ? kernels->gemm_int8 : kernels->gemm, a_dtype, kernels->gemm_tuning);
  }
  if (a_dtype == DType::kU8 && c_dtype == DType::kF32) {
    for (const Int8Kernels* kernels : available_int8_kernels()) {
      add(std::string(kernels->name) + ", float parts f32", kernels->gemm, kernels->rows, kernels->gemm_tuning);
    }
  }
  return result;
}

// Ascending rows. Lines and images lie whole numbers of `gap` further apart than they need.
RowLayout choose_layout(Decisions& decisions, Index rows, Index pixel_stride, Index gap) {
  if (decisions.flag()) return RowLayout::plain(rows, pixel_stride);
  RowLayout layout;
  layout.pixels_per_line = decisions.between(1, 40);
  layout.lines_per_image = decisions.between(1, 5);
  layout.pixel_stride = pixel_stride;
  layout.line_stride = layout.pixels_per_line * pixel_stride + decisions.between(0, 3) * gap;
  layout.image_stride = layout.lines_per_image * layout.line_stride + decisions.between(0, 3) * gap;
  return layout;
}

class Product {
 public:
  Product(Setting& setting, Decisions& decisions, DType a_dtype) : setting_(setting), decisions_(decisions) {
    constexpr Epilogue kEpilogues[] = {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate};
    g_.a_dtype = a_dtype;
    const bool whole = decisions.between(0, 7) == 0;  // tiles of 6 x 64, which AVX-512 has apart if k is long enough
    g_.rows = whole ? decisions.between(6, 14) : decisions.between(1, 80);
    const Index n = whole ? decisions.between(64, 100) : decisions.between(1, 70);
    const Index padded_n = ceil_divide(n, kPanelWidth) * kPanelWidth;
    const Index most_k = std::clamp<Index>(kMostProducts / (g_.rows * padded_n), 1, 900);
    const Index k = whole ? choose_a(kLongRun, kLongRun + 40) : choose_a(1, most_k);
    choose_weights(n, k);
    if (decisions.flag()) g_.bias = bias_.emplace(setting, decisions, n).data();
    g_.epilogue = kEpilogues[decisions.between(0, 3)];
    g_.c_layout = choose_layout(decisions, g_.rows, n + decisions.between(0, 20), 1);
    block_rows_ = ceil_divide(g_.rows, decisions.between(1, 4));
    block_panels_ = ceil_divide(g_.weights.panels(), decisions.between(1, 3));
    range_ = kGemmBlock * decisions.between(1, ceil_divide(g_.units(), kGemmBlock));
  }

  void check() {
    const bool to_bf16 = g_.a_dtype != DType::kF32 && g_.epilogue != Epilogue::kAccumulate && decisions_.flag();
    if (to_bf16) return check_into<BFloat16>();
    check_into<float>();
  }

 private:
  // A, of up to about `most_k` columns, more if its runs are at least `least_run` units; returns how many.
  Index choose_a(Index least_run, Index most_k) {
    const Index unit = elements_of_unit(g_.a_dtype);
    if (least_run > 1) most_k *= unit;
    if (g_.a_dtype == DType::kU8) {
      const Index k = decisions_.between(least_run > 1 ? least_run * unit : 1, most_k);
      const Index row_bytes = ceil_divide(k, unit) * unit;
      g_.a_layout = RowLayout::plain(g_.rows, row_bytes + decisions_.between(0, 5) * unit);
      take_a((g_.rows - 1) * g_.a_layout.pixel_stride + row_bytes);
      g_.a_scales = row_scales_.emplace(setting_, decisions_, g_.rows).data();
      float* const zeros = row_zeros_.emplace(g_.rows, setting_.fence).data();
      for (Index r = 0; r < g_.rows; ++r) zeros[r] = static_cast<float>(setting_.random() % 256);
      g_.a_zeros = zeros;
      return k;
    }
    g_.segments = decisions_.between(1, 4);
    const Index most_run = ceil_divide(most_k, (least_run > 1 ? 1 : g_.segments) * unit);
    const Index run = decisions_.between(least_run, most_run) * unit;
    g_.segment_stride = run + decisions_.between(0, 20) * unit;
    const Index pixel_stride = decisions_.between(1, run / unit + 5) * unit;  // rows may overlap
    g_.a_layout = choose_layout(decisions_, g_.rows, pixel_stride, unit == 1 ? 1 : pixel_stride);
    take_a(g_.a_layout.offset(g_.rows - 1) + (g_.segments - 1) * g_.segment_stride + run);
    return run * g_.segments;
  }

  void take_a(Index count) {
    const Index bytes = count * static_cast<Index>(size_of(g_.a_dtype));
    std::byte* const a = a_.emplace(bytes, setting_.fence, sizeof(float)).data();
    Numbers numbers(setting_, decisions_);
    if (g_.a_dtype == DType::kF32) numbers.fill(reinterpret_cast<float*>(a), count);
    if (g_.a_dtype == DType::kBF16) numbers.fill(reinterpret_cast<BFloat16*>(a), count);
    if (g_.a_dtype == DType::kU8) {
      for (Index i = 0; i < count; ++i) a[i] = static_cast<std::byte>(setting_.random());
      std::int16_t* const words = words_.emplace(count, setting_.fence, sizeof(float)).data();
      for (Index i = 0; i < count; ++i) words[i] = static_cast<std::int16_t>(a[i]);
    }
    g_.a = a;
  }

  void choose_weights(Index n, Index k) {
    const std::vector<float> plain = Numbers(setting_, decisions_).take(n * k);
    const TensorView<const float> view{plain.data(), {n, k}};
    if (g_.a_dtype == DType::kU8) {
      const QuantisedMatrix quantised = quantise_matrix(view);
      g_.weights = packed_view(quantised, n, k);
      g_.weights.scales = copy(channel_scales_, quantised.scales);
      g_.weights.sums = copy(channel_sums_, quantised.sums);
      g_.weights.data = copy(weights_, quantised.integers);
      return;
    }
    const bool narrow = g_.a_dtype == DType::kBF16 || decisions_.flag();
    if (narrow && decisions_.flag()) {
      const Int4Matrix int4 = pack_int4(view);
      g_.weights = packed_view(int4, n, k);
      g_.weights.scales = copy(channel_scales_, int4.scales);
      g_.weights.data = copy(weights_, int4.nibbles);
      return;
    }
    const Tensor packed = pack_matrix(view, narrow ? DType::kBF16 : DType::kF32);
    g_.weights = packed_view(packed, n, k);
    g_.weights.data = copy(weights_, packed);
  }

  template <class T>
  const T* copy(std::optional<FencedBuffer<T>>& to, const Tensor& from) const {
    const Index count = static_cast<Index>(from.size_bytes() / sizeof(T));
    T* const data = to.emplace(count, setting_.fence, sizeof(float)).data();
    std::memcpy(data, from.raw(), from.size_bytes());
    return data;
  }

  template <class C>
  void check_into() {
    Operand<C> c(setting_, decisions_, g_.c_layout.offset(g_.rows - 1) + g_.weights.n);
    const std::vector<C> before(c.data(), c.data() + c.count());
    g_.c = c.data();
    g_.c_dtype = DTypeOf<C>::value;
    std::vector<C> expected[2];  // by PairOrder
    for (const Candidate& candidate : candidates(g_.a_dtype, g_.c_dtype)) {
      const PairOrder order = pair_order(candidate.name);
      std::vector<C>& defined = expected[static_cast<int>(order)];
      if (defined.empty()) defined = define(before, order);
      std::copy(before.begin(), before.end(), c.data());
      GemmArguments g = g_;
      g.a_dtype = candidate.a_dtype;
      if (g.a_dtype == DType::kI16) g.a = words_->data();
      const std::string problem = multiply_in_blocks<FencedBuffer<float>>(
          candidate.kernel, g, block_rows_, block_panels_, candidate.cuts_k ? range_ : g.units());
      require(problem.empty(), describe(candidate), problem);
      require_same(describe(candidate), c, defined);
    }
  }

  template <class C>
  std::vector<C> define(std::vector<C> c, PairOrder order) const {
    for (Index row = 0; row < g_.rows; ++row) {
      for (Index channel = 0; channel < g_.weights.n; ++channel) {
        C& output = c[static_cast<std::size_t>(g_.c_layout.offset(row) + channel)];
        assign(output, defined_output(g_, row, channel, widened(output), order));
      }
    }
    return c;
  }

  std::string describe(const Candidate& candidate) const {
    char text[256];
    std::snprintf(text, sizeof(text),
                  "%s: product of %s by %s: rows %td, n %td, k %td in %td runs, epilogue %d, blocks of %td x %td, "
                  "ranges of %td",
                  candidate.name.c_str(), name_of(g_.a_dtype), name_of(g_.weights.dtype), g_.rows, g_.weights.n,
                  g_.weights.k, g_.segments, static_cast<int>(g_.epilogue), block_rows_, block_panels_, range_);
    return text;
  }

  Setting& setting_;
  Decisions& decisions_;
  GemmArguments g_;
  Index block_rows_ = 0;
  Index block_panels_ = 0;
  Index range_ = 0;
  std::optional<FencedBuffer<std::byte>> a_;
  std::optional<FencedBuffer<std::int16_t>> words_;  // the same, if they are bytes
  std::optional<FencedBuffer<std::byte>> weights_;
  std::optional<FencedBuffer<float>> channel_scales_;
  std::optional<FencedBuffer<float>> channel_sums_;
  std::optional<FencedBuffer<float>> row_zeros_;
  std::optional<Operand<float>> row_scales_;
  std::optional<Operand<float>> bias_;
};

}  // namespace

void fuzz_product(Setting& setting, Decisions& decisions, DType a_dtype) {
  Product(setting, decisions, a_dtype).check();
}

}  // namespace vitpose::engine::test

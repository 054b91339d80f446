// Products of bf16 against their definitions (ops/bf16_kernels.h, ops/gemm/product_amx.h), bit for bit.
#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>

#include "ops/bf16_kernels.h"
#include "tests/ops/definitions.h"
#include "tests/ops/gemm_blocks.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

struct Case {
  Index rows = 0;
  Index n = 0;
  Index k = 0;
  Epilogue epilogue = Epilogue::kStore;
  DType c_dtype = DType::kBF16;
  bool bias = true;
  RowLayout a_layout{};  // pixels_per_line == 0: plain, rows two elements apart
  RowLayout c_layout{};
  Index segments = 1;
  Index segment_stride = 0;
  unsigned special_every = 0;  // 0: no special values
};

std::vector<float> values(Index count, const Case& c, unsigned seed) {
  return c.special_every == 0 ? random_floats(count, seed) : floats_with_specials(count, seed, c.special_every);
}

class Product {
 public:
  explicit Product(const Case& c) : case_(c), a_layout_(c.a_layout), c_layout_(c.c_layout) {
    if (a_layout_.pixels_per_line == 0) a_layout_ = RowLayout::plain(c.rows, c.k + 2);
    if (c_layout_.pixels_per_line == 0) c_layout_ = RowLayout::plain(c.rows, c.n + 3);
    // Exactly what the rows reach: AddressSanitizer sees a tile that reads further.
    const Index last = a_layout_.offset(c.rows - 1) + c.k / c.segments + (c.segments - 1) * c.segment_stride;
    for (const float value : values(last, c, 1)) a_.push_back(to_bf16(value));
    bias_ = values(c.n, c, 2);
    const std::vector<float> plain = values(c.n * c.k, c, 3);
    packed_ = pack_matrix({plain.data(), {c.n, c.k}}, DType::kBF16);
    before_ = values(c_layout_.offset(c.rows - 1) + c.n, c, 4);
  }

  // As multiply_in_blocks.
  std::string run(const Bf16Kernels& kernels, Index rows, Index panels, Index range) {
    const Index floats = case_.c_dtype == DType::kF32 ? count() : (count() + 1) / 2;
    GuardedBuffer found(floats);
    if (case_.c_dtype == DType::kF32) std::copy(before_.begin(), before_.end(), found.data());
    if (case_.c_dtype == DType::kBF16) std::memset(found.data(), 0x55, static_cast<std::size_t>(floats) * 4);
    GemmArguments g;
    g.rows = case_.rows;
    g.a = a_.data();
    g.a_dtype = DType::kBF16;
    g.a_layout = a_layout_;
    g.segments = case_.segments;
    g.segment_stride = case_.segment_stride;
    g.weights = packed_view(packed_, case_.n, case_.k);
    g.bias = case_.bias ? bias_.data() : nullptr;
    g.c = found.data();
    g.c_dtype = case_.c_dtype;
    g.c_layout = c_layout_;
    g.epilogue = case_.epilogue;
    const std::string problem = multiply_in_blocks(kernels.gemm, g, rows, panels, range);
    if (!problem.empty()) return problem;
    if (!found.intact()) return "wrote beyond C";
    return compare(g, pair_order(kernels.name), found.data());
  }

 private:
  Index count() const { return static_cast<Index>(before_.size()); }

  std::string compare(const GemmArguments& g, PairOrder order, const float* found) const {
    std::vector<char> written(before_.size());
    for (Index row = 0; row < case_.rows; ++row) {
      for (Index channel = 0; channel < case_.n; ++channel) {
        const Index at = c_layout_.offset(row) + channel;
        written[static_cast<std::size_t>(at)] = 1;
        const float expected = defined_output(g, row, channel, before_[static_cast<std::size_t>(at)], order);
        const float is = element(found, at);
        if (same_bits(is, expected)) continue;
        return "row " + std::to_string(row) + ", channel " + std::to_string(channel) + ": found " + std::to_string(is) +
               ", expected " + std::to_string(expected);
      }
    }
    for (Index i = 0; i < count(); ++i) {  // between the rows
      const float before =
          case_.c_dtype == DType::kF32 ? before_[static_cast<std::size_t>(i)] : to_f32(BFloat16{0x5555});
      if (written[static_cast<std::size_t>(i)] == 0 && !same_bits(element(found, i), before)) {
        return "wrote between the rows, at " + std::to_string(i);
      }
    }
    return "";
  }

  float element(const float* found, Index i) const {
    if (case_.c_dtype == DType::kF32) return found[i];
    BFloat16 value;
    std::memcpy(&value, reinterpret_cast<const std::byte*>(found) + 2 * i, sizeof(value));
    return to_f32(value);
  }

  Case case_;
  RowLayout a_layout_;
  RowLayout c_layout_;
  std::vector<BFloat16> a_;
  std::vector<float> bias_;
  Tensor packed_;
  std::vector<float> before_;
};

void check(const Case& c) {
  Product product(c);
  CAPTURE(c.rows);
  CAPTURE(c.n);
  CAPTURE(c.k);
  CAPTURE(c.segments);
  CAPTURE(static_cast<int>(c.epilogue));
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    CAPTURE(kernels->name);
    CHECK(product.run(*kernels, c.rows, 1000, c.k) == "");
    CHECK(product.run(*kernels, 5, 1, c.k) == "");
    CHECK(product.run(*kernels, 25, 3, c.k) == "");
    if (c.k / 2 <= kGemmBlock || kernels->gemm_tuning.longest_range == kNeverCut) continue;
    CHECK(product.run(*kernels, 25, 5, kGemmBlock) == "");
    CHECK(product.run(*kernels, 7, 2, 2 * kGemmBlock) == "");
  }
}

// The window products of a transposed convolution: rows are 2x2 windows of an image with a border.
Case window_case(Index images, Index height, Index width, Index channels, Index n) {
  Case c;
  c.rows = images * height * width;
  c.n = n;
  c.k = 4 * channels;
  c.segments = 2;
  c.segment_stride = (width + 2) * channels;
  c.a_layout = {width, height, channels, (width + 2) * channels, (height + 2) * (width + 2) * channels};
  c.c_layout = {width, height, 2 * n, 2 * (2 * width + 2) * n, (2 * height + 2) * (2 * width + 2) * n};
  c.epilogue = Epilogue::kRelu;
  return c;
}

}  // namespace

TEST_CASE("bf16 products equal their definition for awkward numbers of rows, channels and k") {
  for (const Index rows : {1, 15, 17, 32, 33, 70}) {
    for (const Index n : {1, 16, 17, 32, 51}) {
      for (const Index k : {2, 16, 32, 34, 96, 320}) check({.rows = rows, .n = n, .k = k});
    }
  }
}

TEST_CASE("bf16 products have every epilogue, with and without a bias, to bf16 and to f32") {
  for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu}) {
    for (const DType dtype : {DType::kBF16, DType::kF32}) {
      check({.rows = 40, .n = 37, .k = 64, .epilogue = epilogue, .c_dtype = dtype});
      check({.rows = 40, .n = 37, .k = 64, .epilogue = epilogue, .c_dtype = dtype, .bias = false});
    }
  }
  check({.rows = 40, .n = 37, .k = 64, .epilogue = Epilogue::kAccumulate, .c_dtype = DType::kF32});
}

TEST_CASE("bf16 products of more rows and a longer k than one block takes") {
  check({.rows = 300, .n = 40, .k = 64});
  check({.rows = 40, .n = 33, .k = 1536});
}

TEST_CASE("bf16 tiles of whole rows and panels equal the definition, whatever lies beside them") {
  for (const Index rows : {6, 12, 20}) {
    for (const Index n : {64, 80, 150}) {
      for (const Index k : {190, 192, 194, 260, 600}) check({.rows = rows, .n = n, .k = k});
    }
  }
  for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu}) {
    for (const DType dtype : {DType::kBF16, DType::kF32}) {
      check({.rows = 24, .n = 128, .k = 300, .epilogue = epilogue, .c_dtype = dtype});
      check({.rows = 24, .n = 128, .k = 300, .epilogue = epilogue, .c_dtype = dtype, .bias = false});
      check({.rows = 24, .n = 128, .k = 300, .epilogue = epilogue, .c_dtype = dtype, .special_every = 3000});
    }
  }
  check({.rows = 24, .n = 128, .k = 600, .epilogue = Epilogue::kAccumulate, .c_dtype = DType::kF32});
}

TEST_CASE("bf16 products read the windows of images where they lie, and write every second pixel") {
  for (const Index channels : {6, 16, 32}) {
    check(window_case(1, 16, 12, channels, 20));
    check(window_case(2, 5, 3, channels, 33));
    check(window_case(3, 1, 1, channels, 16));
  }
  check(window_case(1, 3, 12, 128, 64));  // runs of whole blocks
  check(window_case(1, 3, 12, 100, 64));
}

TEST_CASE("bf16 products of NaN, infinities, denormals and huge numbers equal their definition") {
  check({.rows = 50, .n = 35, .k = 96, .special_every = 200});
  check({.rows = 50, .n = 35, .k = 40, .special_every = 30});
  check(
      {.rows = 20, .n = 35, .k = 64, .epilogue = Epilogue::kAccumulate, .c_dtype = DType::kF32, .special_every = 100});
}

// Products of bytes against their definition (ops/gemm/gemm.h), bit for bit: every instruction set has the same.
#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <random>

#include "ops/bf16_kernels.h"
#include "ops/int8_kernels.h"
#include "tests/ops/definitions.h"
#include "tests/ops/gemm_blocks.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

struct Case {
  Index rows;
  Index n;
  Index k;
  Epilogue epilogue = Epilogue::kStore;
  bool bias = true;
  RowLayout a_layout{};  // windows of images (k = 4 channels); default: plain rows
  Index segment_stride = 0;
  Index a_bytes = 0;
};

// Rows are the 2x2 windows of images with a border, as of a transposed convolution.
Case window_case(Index images, Index height, Index width, Index channels, Index n) {
  const Index line = (width + 2) * channels;
  const Index image = (height + 2) * line;
  return {images * height * width, n, 4 * channels, Epilogue::kRelu, true, {width, height, channels, line, image}, line,
          images * image};
}

// One instruction set's product of bytes, for C of f32 or also of bf16.
struct Engine {
  std::string name;
  GemmKernel gemm;
  DType rows;
  bool is_cut;  // along k
  bool writes_bf16;
};

std::vector<Engine> engines() {
  std::vector<Engine> all;
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    const bool is_cut = kernels->gemm_tuning.longest_range != kNeverCut;
    all.push_back({std::string("bf16 and ") + kernels->name, kernels->gemm_int8, DType::kU8, is_cut, true});
  }
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    const bool is_cut = kernels->gemm_tuning.longest_range != kNeverCut;
    all.push_back({kernels->name, kernels->gemm, kernels->rows, is_cut, false});
  }
  return all;
}

class Product {
 public:
  explicit Product(const Case& c)
      : case_(c),
        stride_((c.k + 63) / 64 * 64 + 64),
        bytes_(static_cast<std::size_t>(c.segment_stride > 0 ? c.a_bytes : c.rows * stride_)),
        scales_(random_floats(c.rows, 1)),
        bias_(random_floats(c.n, 2)),
        weights_(quantise(c)),
        before_(random_floats(c.rows * c.n, 4)) {
    std::mt19937 generator(5);
    for (std::uint8_t& byte : bytes_) byte = static_cast<std::uint8_t>(generator());  // what is behind k too
    words_.assign(bytes_.begin(), bytes_.end());
    for (Index r = 0; r < c.rows; ++r) zeros_.push_back(static_cast<float>(generator() % 256));
  }

  // `range`: units of k.
  std::string run(const Engine& engine, DType c_dtype, Index rows, Index panels, Index range) {
    const Index count = case_.rows * case_.n;
    GuardedBuffer found(c_dtype == DType::kF32 ? count : (count + 1) / 2);
    if (c_dtype == DType::kF32) std::copy(before_.begin(), before_.end(), found.data());
    GemmArguments g;
    g.rows = case_.rows;
    g.a = engine.rows == DType::kU8 ? static_cast<const void*>(bytes_.data()) : words_.data();
    g.a_dtype = engine.rows;
    g.a_scales = scales_.data();
    g.a_zeros = zeros_.data();
    g.a_layout = RowLayout::plain(case_.rows, stride_);
    if (case_.segment_stride > 0) {
      g.a_layout = case_.a_layout;
      g.segments = 2;
      g.segment_stride = case_.segment_stride;
    }
    g.weights = packed_view(weights_, case_.n, case_.k);
    g.bias = case_.bias ? bias_.data() : nullptr;
    g.c = found.data();
    g.c_dtype = c_dtype;
    g.c_layout = RowLayout::plain(case_.rows, case_.n);
    g.epilogue = case_.epilogue;
    const std::string problem = multiply_in_blocks(engine.gemm, g, rows, panels, range);
    if (!problem.empty()) return problem;
    if (!found.intact()) return "wrote beyond C";
    g.a = bytes_.data();
    g.a_dtype = DType::kU8;
    for (Index i = 0; i < count; ++i) {
      const float expected = defined_output(g, i / case_.n, i % case_.n, before_[static_cast<std::size_t>(i)]);
      float is = 0.0f;
      if (c_dtype == DType::kF32) {
        is = found.data()[i];
      } else {
        BFloat16 value;
        std::memcpy(&value, reinterpret_cast<const std::byte*>(found.data()) + 2 * i, sizeof(value));
        is = to_f32(value);
      }
      if (same_bits(is, expected)) continue;
      return "element " + std::to_string(i) + ": found " + std::to_string(is) + ", expected " +
             std::to_string(expected);
    }
    return "";
  }

 private:
  static QuantisedMatrix quantise(const Case& c) {
    const std::vector<float> plain = random_floats(c.n * c.k, 3);
    return quantise_matrix({plain.data(), {c.n, c.k}});
  }

  Case case_;
  Index stride_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::int16_t> words_;  // the same
  std::vector<float> scales_;
  std::vector<float> zeros_;
  std::vector<float> bias_;
  QuantisedMatrix weights_;
  std::vector<float> before_;
};

void check(const Case& c) {
  Product product(c);
  CAPTURE(c.rows);
  CAPTURE(c.n);
  CAPTURE(c.k);
  CAPTURE(static_cast<int>(c.epilogue));
  for (const Engine& engine : engines()) {
    CAPTURE(engine.name);
    CHECK(product.run(engine, DType::kF32, c.rows, 1000, c.k) == "");
    CHECK(product.run(engine, DType::kF32, 25, 1, c.k) == "");
    if (engine.writes_bf16 && c.epilogue != Epilogue::kAccumulate) {
      CHECK(product.run(engine, DType::kBF16, 13, 5, c.k) == "");
    }
    if (c.k / elements_of_unit(engine.rows) <= kGemmBlock || !engine.is_cut) continue;
    CHECK(product.run(engine, DType::kF32, 25, 5, kGemmBlock) == "");
    CHECK(product.run(engine, DType::kF32, 7, 2, 2 * kGemmBlock) == "");
  }
}

}  // namespace

TEST_CASE("products of bytes equal their definition for awkward numbers of rows, channels and k") {
  for (const Index rows : {1, 17, 32, 70}) {
    for (const Index n : {1, 16, 17, 32, 51}) {
      for (const Index k : {1, 2, 3, 4, 34, 64, 96, 641}) check({rows, n, k});
    }
  }
}

TEST_CASE("products of bytes have every epilogue, with and without a bias") {
  for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate}) {
    for (const bool bias : {true, false}) check({40, 37, 64, epilogue, bias});
  }
}

TEST_CASE("tiles of bytes of whole rows and panels equal the definition, whatever lies beside them") {
  for (const Index rows : {6, 12, 20}) {
    for (const Index n : {64, 80, 150}) {
      for (const Index k : {380, 384, 390, 1000}) check({rows, n, k});
    }
  }
  for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate}) {
    for (const bool bias : {true, false}) check({26, 128, 640, epilogue, bias});
  }
}

TEST_CASE("products of bytes of windows of images") {
  check(window_case(1, 4, 3, 8, 17));
  check(window_case(3, 4, 3, 20, 34));
  check(window_case(2, 3, 14, 64, 16));
  check(window_case(2, 16, 12, 256, 33));
  check(window_case(1, 5, 40, 36, 32));
  check(window_case(2, 3, 12, 200, 64));
}

TEST_CASE("products of bytes of more rows and a longer k than one block takes") {
  check({300, 40, 64});
  check({40, 33, 3072});
}

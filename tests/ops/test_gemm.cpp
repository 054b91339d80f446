#include <algorithm>
#include <cstddef>
#include <cstring>
#include <doctest/doctest.h>

#include "ops/kernels.h"
#include "tests/ops/definitions.h"
#include "tests/ops/gemm_blocks.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

struct Case {
  Index rows = 0;
  Index n = 0;
  Index k = 0;
  DType dtype = DType::kF32;
  Epilogue epilogue = Epilogue::kStore;
  bool bias = true;
  RowLayout a_layout;  // pixels_per_line == 0: plain, rows three floats apart
  RowLayout c_layout;
  Index segments = 1;
  Index segment_stride = 0;
  Index misalignment = 0;
  unsigned special_every = 0;  // 0: no special values
};

// The operands of one product and what gemm.h says the result is.
class Product {
 public:
  explicit Product(const Case& c)
      : a_(extent(with_default(c.a_layout, c.rows, c.k + 3), c.rows, c.k + (c.segments - 1) * c.segment_stride),
           c.misalignment),
        bias_(c.n, c.misalignment),
        found_(extent(with_default(c.c_layout, c.rows, c.n + 3), c.rows, c.n), c.misalignment) {
    fill(a_, c, 1);
    fill(bias_, c, 2);
    fill(found_, c, 3);
    pack(c);
    g_.rows = c.rows;
    g_.a = a_.data();
    g_.a_layout = with_default(c.a_layout, c.rows, c.k + 3);
    g_.segments = c.segments;
    g_.segment_stride = c.segment_stride;
    g_.bias = c.bias ? bias_.data() : nullptr;
    g_.c = found_.data();
    g_.c_layout = with_default(c.c_layout, c.rows, c.n + 3);
    g_.epilogue = c.epilogue;
    expected_.assign(found_.data(), found_.data() + found_.count());
    before_ = expected_;
    for (Index row = 0; row < c.rows; ++row) {
      for (Index channel = 0; channel < c.n; ++channel) {
        float& output = expected_[static_cast<std::size_t>(g_.c_layout.offset(row) + channel)];
        output = defined_output(g_, row, channel, output);
      }
    }
  }

  // Blocks of `rows` rows and `panels` panels, and of k in ranges of `range`, one call each. "" or what is wrong.
  std::string run(const KernelTable& table, Index rows, Index panels, Index range) {
    std::copy(before_.begin(), before_.end(), found_.data());
    const std::string problem = multiply_in_blocks(table.gemm, g_, rows, panels, range);
    if (!problem.empty()) return problem;
    if (!found_.intact()) return "wrote beyond C";
    return first_difference(found_.data(), expected_.data(), found_.count());
  }

 private:
  static RowLayout with_default(RowLayout layout, Index rows, Index stride) {
    return layout.pixels_per_line != 0 ? layout : RowLayout::plain(rows, stride);
  }
  // Floats from the first row's start to the last row's end; the layouts of these tests ascend.
  static Index extent(const RowLayout& layout, Index rows, Index row_floats) {
    return layout.offset(rows - 1) + row_floats;
  }
  static void fill(GuardedBuffer& buffer, const Case& c, unsigned seed) {
    const auto values = c.special_every == 0 ? random_floats(buffer.count(), seed)
                                             : floats_with_specials(buffer.count(), seed, c.special_every);
    std::copy(values.begin(), values.end(), buffer.data());
  }
  void pack(const Case& c) {
    GuardedBuffer plain(c.n * c.k);
    fill(plain, c, 4);
    const Tensor packed = pack_matrix({plain.data(), {c.n, c.k}}, c.dtype);
    weights_.resize(packed.size_bytes() + 64);
    std::byte* data = weights_.data() + 4 * c.misalignment;
    std::memcpy(data, packed.raw(), packed.size_bytes());
    g_.weights = {data, c.dtype, c.n, c.k};
  }
  GuardedBuffer a_;
  GuardedBuffer bias_;
  GuardedBuffer found_;
  std::vector<std::byte> weights_;
  GemmArguments g_;
  std::vector<float> before_;
  std::vector<float> expected_;
};

void check(const Case& c) {
  Product product(c);
  CAPTURE(c.rows);
  CAPTURE(c.n);
  CAPTURE(c.k);
  CAPTURE(c.segments);
  CAPTURE(static_cast<int>(c.dtype));
  CAPTURE(static_cast<int>(c.epilogue));
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    CHECK(product.run(*table, c.rows, 1000, c.k) == "");
    CHECK(product.run(*table, 5, 1, c.k) == "");
    CHECK(product.run(*table, 25, 3, kGemmBlock) == "");
    CHECK(product.run(*table, 7, 2, 2 * kGemmBlock) == "");
  }
}

constexpr Epilogue kEpilogues[] = {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate};

}  // namespace

TEST_CASE("the GEMM of every kernel table equals its definition over awkward sizes") {
  for (const Index rows : {1, 5, 11, 12, 13, 16, 35}) {
    for (const Index n : {1, 15, 16, 17, 35, 49}) {
      for (const Index k : {1, 2, 15, 17, 35}) {
        Case c;
        c.rows = rows;
        c.n = n;
        c.k = k;
        check(c);
      }
    }
  }
}

TEST_CASE("the GEMM adds the sums of blocks of 128 along k in ascending order") {
  for (const Index k : {127, 128, 129, 255, 256, 257, 511, 513, 768}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      Case c;
      c.rows = 14;
      c.n = 40;
      c.k = k;
      c.dtype = dtype;
      check(c);
    }
  }
}

TEST_CASE("the GEMM's epilogues follow their definition, with and without bias, for f32 and bf16 weights") {
  for (const Epilogue epilogue : kEpilogues) {
    for (const bool bias : {false, true}) {
      for (const DType dtype : {DType::kF32, DType::kBF16}) {
        for (const Index k : {33, 300}) {
          Case c;
          c.rows = 13;
          c.n = 52;
          c.k = k;
          c.dtype = dtype;
          c.epilogue = epilogue;
          c.bias = bias;
          check(c);
        }
      }
    }
  }
}

TEST_CASE("infinities, NaN, zeros of both signs and denormals pass the GEMM as its definition says") {
  for (const Epilogue epilogue : kEpilogues) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      for (const unsigned special_every : {3u, 40u, 700u}) {
        Case c;
        c.rows = 13;
        c.n = 35;
        c.k = 19;
        c.dtype = dtype;
        c.epilogue = epilogue;
        c.special_every = special_every;
        check(c);
        c.bias = false;
        check(c);
      }
    }
  }
}

TEST_CASE("a row of A may consist of several runs that end anywhere in a block") {
  struct Runs {
    Index k;
    Index segments;
  };
  for (const Runs runs : {Runs{6, 3}, Runs{514, 2}, Runs{600, 2}, Runs{768, 4}, Runs{1024, 2}, Runs{35, 35}}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      Case c;
      c.rows = 13;
      c.n = 33;
      c.k = runs.k;
      c.dtype = dtype;
      c.segments = runs.segments;
      c.segment_stride = runs.k / runs.segments + 10;
      c.a_layout = RowLayout::plain(c.rows, 7);  // rows that overlap, as windows of an image do
      check(c);
    }
  }
}

TEST_CASE("rows of A and of C may be the pixels of padded images") {
  for (const Index width : {1, 5, 12, 14, 24}) {
    const Index channels = 9;
    const Index height = 3;
    const Index images = 2;
    const Index line = (width + 2) * channels;
    Case c;
    c.rows = images * height * width;
    c.n = 18;
    c.k = 4 * channels;
    c.epilogue = Epilogue::kRelu;
    c.a_layout = {width, height, channels, line, (height + 2) * line};
    c.segments = 2;
    c.segment_stride = line;
    const Index out_line = (2 * width + 2) * c.n;
    c.c_layout = {width, height, 2 * c.n, 2 * out_line, (2 * height + 2) * out_line};
    check(c);
    c.c_layout = {};  // images to a plain matrix
    check(c);
  }
}

TEST_CASE("operands of the GEMM may start at any float") {
  for (const Index misalignment : {1, 3, 7, 9}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      Case c;
      c.rows = 26;
      c.n = 50;
      c.k = 70;
      c.dtype = dtype;
      c.epilogue = Epilogue::kAccumulate;
      c.misalignment = misalignment;
      check(c);
    }
  }
}

TEST_CASE("the GEMM equals its definition on the shapes of a small model's layers") {
  Case c;
  c.rows = 24;
  c.n = 384;
  c.k = 384;
  c.epilogue = Epilogue::kGelu;
  check(c);
  c.n = 96;
  c.k = 1536;
  c.epilogue = Epilogue::kAccumulate;
  check(c);
}

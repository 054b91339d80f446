// A product of f32 rows for every kernel table, and what gemm.h says of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <doctest/doctest.h>

#include "ops/kernels.h"
#include "tests/ops/definitions.h"
#include "tests/ops/gemm_blocks.h"

namespace vitpose::engine::test {

struct GemmCase {
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
class GemmProduct {
 public:
  explicit GemmProduct(const GemmCase& c)
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
  static void fill(GuardedBuffer& buffer, const GemmCase& c, unsigned seed) {
    const auto values = c.special_every == 0 ? random_floats(buffer.count(), seed)
                                             : floats_with_specials(buffer.count(), seed, c.special_every);
    std::copy(values.begin(), values.end(), buffer.data());
  }
  void pack(const GemmCase& c) {
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

inline void check(const GemmCase& c) {
  GemmProduct product(c);
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
    CHECK(product.run(*table, 25, 5, kGemmBlock) == "");
    CHECK(product.run(*table, 7, 2, 2 * kGemmBlock) == "");
  }
}

inline constexpr Epilogue kEpilogues[] = {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate};

}  // namespace vitpose::engine::test

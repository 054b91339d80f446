#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "core/aligned_buffer.h"
#include "ops/kernels.h"
#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

// One head in the middle of rows [q | k | v | other], and its output in the middle of other columns.
struct Head {
  Head(Index tokens, Index head_size, Index misalignment)
      : stride(3 * head_size + 7),
        out_stride(head_size + 5),
        qkv(tokens * stride, misalignment),
        out(tokens * out_stride, misalignment),
        scratch(static_cast<std::size_t>(attention_scratch_floats(tokens, head_size)) * sizeof(float)) {
    arguments = {tokens, head_size,      qkv.data() + 3, qkv.data() + 3 + head_size, qkv.data() + 3 + 2 * head_size,
                 stride, out.data() + 2, out_stride};
    std::fill(out.data(), out.data() + out.count(), 99.0f);
    float* const dirt = static_cast<float*>(scratch.data());  // what is left of other work must not matter
    std::fill(dirt, dirt + scratch.size_bytes() / sizeof(float), std::numeric_limits<float>::quiet_NaN());
  }
  void fill(const std::vector<float>& values) { std::copy(values.begin(), values.end(), qkv.data()); }
  void run(const KernelTable& table) { table.attention(arguments, static_cast<float*>(scratch.data())); }

  Index stride;
  Index out_stride;
  GuardedBuffer qkv;
  GuardedBuffer out;
  AlignedBuffer scratch;
  AttentionArguments arguments;
};

void check_against_reference(const KernelTable& table, Index tokens, Index head_size, unsigned special_every) {
  CAPTURE(std::string(table.name));
  CAPTURE(tokens);
  CAPTURE(head_size);
  CAPTURE(special_every);
  Head found(tokens, head_size, tokens % 2);
  Head expected(tokens, head_size, 0);
  const Index count = found.qkv.count();
  const std::vector<float> values =
      special_every == 0 ? random_floats(count, 31, 2.0f) : floats_with_specials(count, 31, special_every);
  found.fill(values);
  expected.fill(values);
  found.run(table);
  reference_attention(expected.arguments);
  CHECK(first_difference(found.out.data(), expected.out.data(), found.out.count()) == "");
  CHECK(found.out.intact());
}

}  // namespace

TEST_CASE("attention of every kernel table equals the reference bit for bit") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (const Index tokens : {1, 11, 12, 13, 15, 16, 17, 35, 192}) {
      for (const Index head_size : {1, 10, 15, 16, 17, 32, 64, 80}) {
        if (tokens == 192 && head_size < 32) continue;
        check_against_reference(*table, tokens, head_size, 0);
      }
    }
    check_against_reference(*table, 300, 12, 0);  // more keys than one block of a product
    check_against_reference(*table, 5, 270, 0);   // and a head larger than one
  }
}

TEST_CASE("attention of every kernel table equals the reference with NaN, infinities, huge and denormal values") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (const Index tokens : {13, 17, 40}) {
      for (const unsigned special_every : {20u, 500u}) check_against_reference(*table, tokens, 20, special_every);
    }
  }
}

TEST_CASE("a NaN in one query makes that row NaN and no other") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    Head head(19, 10, 0);
    head.fill(random_floats(head.qkv.count(), 5));
    head.qkv.data()[7 * head.stride + 3 + 4] = std::numeric_limits<float>::quiet_NaN();
    head.run(*table);
    for (Index i = 0; i < 19; ++i) {
      for (Index d = 0; d < 10; ++d) CHECK(std::isnan(head.arguments.out[i * head.out_stride + d]) == (i == 7));
    }
  }
}

TEST_CASE("attention is within 1e-6 of binary64") {
  const Index tokens = 192;
  const Index size = 64;
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    Head head(tokens, size, 0);
    head.fill(random_floats(head.qkv.count(), 6));
    head.run(*table);
    const AttentionArguments& a = head.arguments;
    double worst = 0.0;
    for (Index i = 0; i < tokens; i += 13) {
      std::vector<double> e(static_cast<std::size_t>(tokens));
      double sum = 0.0;
      for (Index j = 0; j < tokens; ++j) {
        double score = 0.0;
        for (Index d = 0; d < size; ++d) {
          score += static_cast<double>(a.q[i * a.qkv_stride + d]) * static_cast<double>(a.k[j * a.qkv_stride + d]);
        }
        sum += e[static_cast<std::size_t>(j)] = std::exp(score / std::sqrt(static_cast<double>(size)));
      }
      for (Index d = 0; d < size; ++d) {
        double exact = 0.0;
        for (Index j = 0; j < tokens; ++j)
          exact += e[static_cast<std::size_t>(j)] / sum * static_cast<double>(a.v[j * a.qkv_stride + d]);
        worst = worse(worst, std::fabs(static_cast<double>(a.out[i * a.out_stride + d]) - exact));
      }
    }
    MESSAGE(std::string(table->name), ": attention max error ", worst);
    CHECK(worst <= 1e-6);
  }
}

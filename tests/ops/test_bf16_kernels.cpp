// The kernels of bf16 but for the products, and which of them a CPU is given.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "core/cpu_features.h"
#include "ops/backend.h"
#include "ops/bf16_kernels.h"
#include "ops/gemm/gemm_kernels.h"
#include "tests/ops/definitions.h"
#include "tests/ops/test_support.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

std::vector<BFloat16> rounded(const std::vector<float>& values) {
  std::vector<BFloat16> result;
  for (const float value : values) result.push_back(to_bf16(value));
  return result;
}

std::vector<float> widened(const std::vector<BFloat16>& values) {
  std::vector<float> result;
  for (const BFloat16 value : values) result.push_back(to_f32(value));
  return result;
}

// One head: [tokens, 3 * head_size] to [tokens, head_size], with a margin beside the rows and a canary in it. Checks
// that it is as defined.
std::vector<float> attend(const Bf16Kernels& kernels, const std::vector<BFloat16>& qkv, Index tokens, Index head_size) {
  constexpr Index kMargin = 2;
  const BFloat16 canary = to_bf16(-7.0f);
  std::vector<BFloat16> out(static_cast<std::size_t>(tokens * (head_size + kMargin)), canary);
  GuardedBuffer scratch(attention_bf16_scratch_floats(tokens, head_size));
  for (Index i = 0; i < scratch.count(); ++i) scratch.data()[i] = std::nanf("");  // nothing may be left as it was
  AttentionBf16Arguments s;
  s.tokens = tokens;
  s.head_size = head_size;
  s.q = qkv.data();
  s.k = s.q + head_size;
  s.v = s.k + head_size;
  s.qkv_stride = 3 * head_size;
  s.out = out.data();
  s.out_stride = head_size + kMargin;
  kernels.attention(s, scratch.data());
  CHECK(scratch.intact());
  std::vector<BFloat16> defined = out;
  s.out = defined.data();
  defined_attention(s, pair_order(kernels.name));
  CHECK(first_difference(widened(out).data(), widened(defined).data(), static_cast<Index>(out.size())) == "");
  std::vector<float> result;
  for (Index i = 0; i < tokens * (head_size + kMargin); ++i) {
    const float value = to_f32(out[static_cast<std::size_t>(i)]);
    if (i % (head_size + kMargin) < head_size) {
      result.push_back(value);
    } else {
      CHECK(value == -7.0f);
    }
  }
  return result;
}

// softmax(q k^T / sqrt(head_size)) v in binary64.
std::vector<double> exact_attention(const std::vector<float>& qkv, Index tokens, Index head_size) {
  const auto at = [&](Index token, Index part, Index d) {
    return static_cast<double>(qkv[static_cast<std::size_t>((token * 3 + part) * head_size + d)]);
  };
  std::vector<double> out;
  for (Index i = 0; i < tokens; ++i) {
    std::vector<double> weights;
    double sum = 0.0;
    for (Index j = 0; j < tokens; ++j) {
      double score = 0.0;
      for (Index d = 0; d < head_size; ++d) score += at(i, 0, d) * at(j, 1, d);
      weights.push_back(std::exp(score / std::sqrt(static_cast<double>(head_size))));
      sum += weights.back();
    }
    for (Index d = 0; d < head_size; ++d) {
      double value = 0.0;
      for (Index j = 0; j < tokens; ++j) value += weights[static_cast<std::size_t>(j)] / sum * at(j, 2, d);
      out.push_back(value);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("rounding to bf16 is to nearest even, and denormals become zero") {
  for (const Index count : {1, 15, 16, 17, 35, 1000}) {
    const std::vector<float> x = floats_with_specials(count, 5, 4);
    for (const Bf16Kernels* kernels : available_bf16_kernels()) {
      CAPTURE(kernels->name);
      std::vector<BFloat16> out(static_cast<std::size_t>(count + 1), BFloat16{0x1234});
      kernels->round(x.data(), out.data(), count);
      for (Index i = 0; i < count; ++i) {
        const float expected = to_f32(to_bf16(flush_denormal(x[static_cast<std::size_t>(i)])));
        CHECK(same_bits(to_f32(out[static_cast<std::size_t>(i)]), expected));
      }
      CHECK(out.back().bits == 0x1234);
    }
  }
}

TEST_CASE("relu of bf16 clears what is negative and lets NaN through") {
  for (const Index count : {1, 15, 16, 17, 35}) {
    const std::vector<BFloat16> x = rounded(floats_with_specials(count, 6, 3));
    for (const Bf16Kernels* kernels : available_bf16_kernels()) {
      std::vector<BFloat16> out = x;
      kernels->relu(out.data(), out.data(), count);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const float value = to_f32(x[i]);
        CHECK(same_bits(to_f32(out[i]), flush_denormal(value < 0.0f ? 0.0f : value)));
      }
    }
  }
}

TEST_CASE("layer norm to bf16 is the f32 layer norm, rounded") {
  for (const Index columns : {1, 15, 16, 17, 35, 192}) {
    const Index rows = 7;
    const std::vector<float> x = random_floats(rows * columns, 7);
    const std::vector<float> weight = random_floats(columns, 8);
    const std::vector<float> bias = random_floats(columns, 9);
    const LayerNormWeights weights{weight.data(), bias.data(), 1e-12f};
    for (const Bf16Kernels* kernels : available_bf16_kernels()) {
      std::vector<BFloat16> out(x.size());
      kernels->layer_norm({x.data(), rows, columns}, weights, {out.data(), rows, columns});
      std::vector<float> expected(x.size());
      for (Index r = 0; r < rows; ++r) {
        reference_layer_norm_row(x.data() + r * columns, columns, weights, expected.data() + r * columns);
      }
      for (std::size_t i = 0; i < x.size(); ++i) CHECK(out[i].bits == to_bf16(expected[i]).bits);
    }
  }
}

TEST_CASE("a row becomes bytes as defined, the same on every instruction set") {
  for (const Index count : {1, 15, 16, 17, 35, 64, 100, 768}) {
    for (const float shift : {0.0f, 3.0f, -3.0f, -1000.0f}) {
      CAPTURE(count);
      CAPTURE(shift);
      std::vector<float> values = random_floats(count, 21);
      for (float& value : values) value += shift;
      const std::vector<BFloat16> x = rounded(values);
      const std::vector<float> exact = widened(x);
      const Index padded = (count + 63) / 64 * 64;
      const DefinedBytes defined = defined_bytes(x.data(), count, padded);
      for (const Bf16Kernels* kernels : available_bf16_kernels()) {
        CAPTURE(kernels->name);
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(padded + 1), 77);
        float scale = -1.0f;
        float zero = -1.0f;
        kernels->quantise(x.data(), count, bytes.data(), padded, &scale, &zero);
        CHECK(scale == defined.scale);
        CHECK(zero == defined.zero);
        CHECK(std::equal(defined.bytes.begin(), defined.bytes.end(), bytes.begin()));
        for (std::size_t i = 0; i < exact.size(); ++i) {
          CHECK(std::abs(scale * (static_cast<float>(bytes[i]) - zero) - exact[i]) <= 1.01f * scale);
        }
        CHECK(bytes.back() == 77);
      }
    }
  }
}

TEST_CASE("a row of zeros becomes zeros; one with a NaN or an infinity has the scale NaN") {
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    CAPTURE(kernels->name);
    for (const float special : {0.0f, std::nanf(""), INFINITY, -INFINITY}) {
      std::vector<BFloat16> x = rounded(special == 0.0f ? std::vector<float>(100, 0.0f) : random_floats(100, 22));
      x[70] = to_bf16(special);
      std::vector<std::uint8_t> bytes(128, 77);
      float scale = -1.0f;
      float zero = -1.0f;
      kernels->quantise(x.data(), 100, bytes.data(), 128, &scale, &zero);
      if (special == 0.0f) {
        CHECK(scale == 0.0f);
        CHECK(std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; }));
      } else {
        CHECK(std::isnan(scale));
      }
    }
  }
}

TEST_CASE("a row of numbers too small for bytes becomes zeros, and one just large enough does not") {
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    CAPTURE(kernels->name);
    for (const float largest : {0x1p-126f, 0x1.fep-121f, kSmallestByteRange}) {
      CAPTURE(largest);
      std::vector<BFloat16> x = rounded(std::vector<float>(100, 0.0f));
      x[70] = to_bf16(largest);
      std::vector<std::uint8_t> bytes(128, 77);
      float scale = -1.0f;
      float zero = -1.0f;
      kernels->quantise(x.data(), 100, bytes.data(), 128, &scale, &zero);
      CHECK(zero == 0.0f);
      CHECK(bytes[70] == (largest == kSmallestByteRange ? 255 : 0));
      CHECK(scale == (largest == kSmallestByteRange ? largest / 255.0f : 0.0f));
    }
  }
}

TEST_CASE("bf16 attention has the bits of its definition and is close to the exact one") {
  for (const Index tokens : {1, 2, 15, 33, 48, 192}) {
    for (const Index head_size : {2, 16, 32, 48, 64, 80}) {
      CAPTURE(tokens);
      CAPTURE(head_size);
      const std::vector<BFloat16> qkv = rounded(random_floats(tokens * 3 * head_size, 11));
      const std::vector<double> exact = exact_attention(widened(qkv), tokens, head_size);
      for (const Bf16Kernels* kernels : available_bf16_kernels()) {
        CAPTURE(kernels->name);
        const std::vector<float> found = attend(*kernels, qkv, tokens, head_size);
        double worst = 0.0;
        for (std::size_t i = 0; i < exact.size(); ++i) worst = worse(worst, std::abs(found[i] - exact[i]));
        CHECK(worst < 0.02);  // values of some 3, rounded to 8 bits, and weights likewise
      }
    }
  }
}

TEST_CASE("a NaN in one query makes that query's output NaN, and no other's") {
  const Index tokens = 40;
  const Index head_size = 32;
  std::vector<BFloat16> qkv = rounded(random_floats(tokens * 3 * head_size, 12));
  qkv[static_cast<std::size_t>(17 * 3 * head_size + 5)] = to_bf16(std::nanf(""));
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    CAPTURE(kernels->name);
    const std::vector<float> out = attend(*kernels, qkv, tokens, head_size);
    for (Index i = 0; i < tokens * head_size; ++i) {
      CHECK(std::isnan(out[static_cast<std::size_t>(i)]) == (i / head_size == 17));
    }
  }
}

TEST_CASE("denormal values count as zero in attention's products") {
  const Index tokens = 40;
  const Index head_size = 32;
  std::vector<BFloat16> qkv(static_cast<std::size_t>(tokens * 3 * head_size), BFloat16{0});  // equal weights
  for (Index token = 0; token < tokens; ++token) {
    const BFloat16 value{
        static_cast<std::uint16_t>(token % 4 == 0 ? 0x007f : 0x00ff)};  // below the normal floats; normal
    for (Index d = 0; d < head_size; ++d) qkv[static_cast<std::size_t>((token * 3 + 2) * head_size + d)] = value;
  }
  const float normal = to_f32(BFloat16{0x00ff});
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    CAPTURE(kernels->name);
    for (const float mean : attend(*kernels, qkv, tokens, head_size)) {
      CHECK(mean / normal == doctest::Approx(0.75).epsilon(0.01));  // 0.87 with them
    }
  }
}

#if defined(__x86_64__)
TEST_CASE("AVX512_BF16 has two tables of one name, and the quicker one for this processor is found") {
  if (!cpu_has_bf16_kernels("avx512_bf16")) {
    MESSAGE("skipped: this CPU has no AVX512_BF16");
    return;
  }
  const auto multiplies_by = [](GemmKernel gemm) {
    return std::count_if(available_bf16_kernels().begin(), available_bf16_kernels().end(),
                         [&](const Bf16Kernels* kernels) { return kernels->gemm == gemm; });
  };
  CHECK(multiplies_by(gemm_bf16_avx512) == 1);  // so every test of this file and of the products asks both
  CHECK(multiplies_by(gemm_bf16_avx512_fused) == 1);
  const bool slow = cpu_features().slow_vdpbf16ps;
  CHECK((find_bf16_kernels("avx512_bf16", false).gemm == (slow ? gemm_bf16_avx512_fused : gemm_bf16_avx512)));
  const std::vector<std::string_view> names = bf16_kernel_names();
  CHECK(std::count(names.begin(), names.end(), "avx512_bf16") == 1);
}
#endif

TEST_CASE("the emulation is always there, and chosen only when asked for") {
  const auto pool = std::make_shared<ThreadPool>(1);
  REQUIRE(!available_bf16_kernels().empty());
  const Bf16Kernels& emulated = *available_bf16_kernels().back();
  CHECK(std::string(emulated.name) == "emulated");
  CHECK(&find_bf16_kernels("scalar", true) == &emulated);
  const auto refused = [&](BackendOptions options, std::initializer_list<std::string_view> parts) {
    vitpose::engine::testing::check_error(vitpose::engine::testing::raised_by([&] { make_backend(options, pool); }),
                                          ErrorCode::kUnsupported, parts);
  };
  refused({.isa = "scalar", .dtype = DType::kBF16}, {"scalar", "bf16", "expected"});
  refused({.backend = "reference", .dtype = DType::kBF16}, {"reference", "bf16", "f32"});
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    if (kernels == &emulated) continue;
    const auto backend = make_backend({.isa = kernels->name, .dtype = DType::kBF16, .emulate = true}, pool);
    CHECK(backend->name() == std::string("native/") + kernels->name);
    CHECK(make_backend({.isa = kernels->name}, pool)->name() == "native/avx512");  // f32 has nothing of its own there
  }
}

// Rows of f32 to bytes, and which kernels for int8 a CPU is given. test_gemm_int8.cpp has the products.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

#include "ops/backend.h"
#include "ops/int8_kernels.h"
#include "tests/ops/test_support.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

struct Row {
  std::vector<float> values;  // `padded` of them, and one canary
  float scale = -1.0f;
  float zero = -1.0f;
};

constexpr float kCanaryValue = 77.0f;

template <class Element>
Row quantise_as(const Int8Kernels& kernels, const std::vector<float>& x, Index padded) {
  std::vector<Element> out(static_cast<std::size_t>(padded + 1), static_cast<Element>(kCanaryValue));
  Row row;
  kernels.quantise(x.data(), static_cast<Index>(x.size()), out.data(), padded, &row.scale, &row.zero);
  row.values.assign(out.begin(), out.end());
  return row;
}

Row quantise(const Int8Kernels& kernels, const std::vector<float>& x) {
  const Index padded = (static_cast<Index>(x.size()) + 63) / 64 * 64;
  return kernels.rows == DType::kU8 ? quantise_as<std::uint8_t>(kernels, x, padded)
                                    : quantise_as<std::int16_t>(kernels, x, padded);
}

}  // namespace

TEST_CASE("a row of f32 becomes bytes as defined, the same on every instruction set") {
  for (const Index count : {1, 15, 16, 17, 35, 64, 100, 768}) {
    for (const float shift : {0.0f, 3.0f, -3.0f, -1000.0f}) {
      CAPTURE(count);
      CAPTURE(shift);
      std::vector<float> x = random_floats(count, 21);
      for (float& value : x) value += shift;
      const float low = std::min(0.0f, *std::min_element(x.begin(), x.end()));
      const float high = std::max(0.0f, *std::max_element(x.begin(), x.end()));
      const double inverse = 255.0f / (high - low);
      for (const Int8Kernels* kernels : available_int8_kernels()) {
        CAPTURE(kernels->name);
        const Row row = quantise(*kernels, x);
        CHECK(row.scale == (high - low) / 255.0f);
        CHECK(row.zero == std::nearbyint(-low * inverse));
        for (std::size_t i = 0; i < x.size(); ++i) {
          CHECK(row.values[i] == std::clamp(std::nearbyint(x[i] * inverse) + row.zero, 0.0, 255.0));
          CHECK(std::abs(row.scale * (row.values[i] - row.zero) - x[i]) <= 1.01f * row.scale);
        }
        CHECK(std::all_of(row.values.begin() + count, row.values.end() - 1, [](float value) { return value == 0.0f; }));
        CHECK(row.values.back() == kCanaryValue);
      }
    }
  }
}

TEST_CASE("a row of zeros of f32 becomes zeros; one with a NaN or an infinity has the scale NaN") {
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    CAPTURE(kernels->name);
    for (const float special : {0.0f, std::nanf(""), INFINITY, -INFINITY}) {
      std::vector<float> x = special == 0.0f ? std::vector<float>(100, 0.0f) : random_floats(100, 22);
      x[70] = special;
      const Row row = quantise(*kernels, x);
      if (special == 0.0f) {
        CHECK(row.scale == 0.0f);
        CHECK(std::all_of(row.values.begin(), row.values.end() - 1, [](float value) { return value == 0.0f; }));
      } else {
        CHECK(std::isnan(row.scale));
      }
    }
  }
}

TEST_CASE("a row of f32 too small for bytes becomes zeros, and one just large enough does not") {
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    CAPTURE(kernels->name);
    for (const float largest : {0x1p-149f, 0x1p-126f, 0x1.fffffep-121f, kSmallestByteRange}) {
      CAPTURE(largest);
      std::vector<float> x(100, 0.0f);
      x[70] = largest;
      const Row row = quantise(*kernels, x);
      CHECK(row.zero == 0.0f);
      CHECK(row.values[70] == (largest == kSmallestByteRange ? 255.0f : 0.0f));
      CHECK(row.scale == (largest == kSmallestByteRange ? largest / 255.0f : 0.0f));
    }
  }
}

TEST_CASE("int8 runs on every instruction set; its float parts are bf16 where that is native, else f32, or as asked") {
  const auto pool = std::make_shared<ThreadPool>(1);
  REQUIRE(std::string(available_int8_kernels().back()->name) == "scalar");
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    CAPTURE(kernels->name);
    const auto own = make_backend({.isa = kernels->name, .dtype = DType::kI8, .float_parts = DType::kF32}, pool);
    CHECK(own->name() == std::string("native/") + kernels->name);
    CHECK((own->activations() == DType::kF32));
    CHECK(own->multiplies(DType::kI8));
    const auto usual = make_backend({.isa = kernels->name, .dtype = DType::kI8}, pool);
    CHECK((usual->activations() == (std::string(kernels->name) == "amx" ? DType::kBF16 : DType::kF32)));
  }
  CHECK((make_backend({.isa = "scalar", .dtype = DType::kI8, .emulate = true}, pool)->activations() == DType::kBF16));
  CHECK(!make_backend({.isa = "scalar"}, pool)->multiplies(DType::kI8));
}

TEST_CASE("float parts that a dtype, a backend or an instruction set cannot have are refused by name") {
  const auto pool = std::make_shared<ThreadPool>(1);
  const auto refused = [&](BackendOptions options, std::initializer_list<std::string_view> parts) {
    vitpose::engine::testing::check_error(vitpose::engine::testing::raised_by([&] { make_backend(options, pool); }),
                                          ErrorCode::kUnsupported, parts);
  };
  refused({.dtype = DType::kF32, .float_parts = DType::kBF16}, {"dtype f32", "expected float parts f32", "bf16"});
  refused({.dtype = DType::kBF16, .float_parts = DType::kF32}, {"dtype bf16", "expected float parts bf16", "f32"});
  refused({.isa = "scalar", .dtype = DType::kI8, .float_parts = DType::kBF16}, {"scalar", "bf16", "float parts f32"});
  refused({.backend = "reference", .dtype = DType::kI8}, {"reference", "expected dtype f32", "int8"});
  refused({.backend = "reference", .float_parts = DType::kBF16}, {"reference", "bf16"});
}

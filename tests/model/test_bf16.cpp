// Whole models with products of bf16: one set of bits per instruction set, close to f32's, refused where it cannot be.
#include <bit>
#include <cmath>
#include <doctest/doctest.h>

#include "model/convert.h"
#include "model/model_files.h"
#include "ops/bf16_kernels.h"
#include "tests/model/model_support.h"
#include "tests/ops/test_support.h"
#include "tests/support/errors.h"
#include "tests/support/float_mode.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

std::unique_ptr<PoseEstimator> load_with(const std::string& path, DType dtype, const Bf16Kernels& kernels,
                                         int threads) {
  LoadOptions options;
  const bool emulated = std::string(kernels.name) == "emulated";
  options.isa = emulated ? "scalar" : kernels.name;
  options.threads = threads;
  options.dtype = dtype;
  options.emulate = emulated;
  return PoseEstimator::load(path, options);
}

double largest_difference(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::bit_cast<float>(a[i]) - std::bit_cast<float>(b[i]);
    largest = test::worse(largest, std::abs(difference));
  }
  return largest;
}

double largest(const std::vector<std::uint32_t>& a) {
  return largest_difference(a, std::vector<std::uint32_t>(a.size(), 0));
}

void check_refused(const std::string& path, const LoadOptions& options, ErrorCode code,
                   std::initializer_list<std::string_view> parts) {
  check_error(raised_by([&] { PoseEstimator::load(path, options); }), code, parts);
}

// Heatmaps do not depend on threads, the batch or the place in it, and are within `tolerance` x the largest of f32's.
void check_bits(DType dtype, double tolerance) {
  constexpr Index kCrops = 5;
  const std::vector<std::int64_t> kExperts{2, 0, 0, 1, 2};
  for (const Case& c : kCases) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(c.simple_decoder, c.experts));
    const auto f32 = load(folder / "model", "", "", 1);
    const std::vector<float> pixels = pixels_of(*f32, kCrops);
    const auto exact = forward_bits(*f32, pixels, kExperts);
    std::vector<std::uint32_t> emulated;
    std::vector<std::vector<std::uint32_t>> avx512;
    for (const Bf16Kernels* kernels : available_bf16_kernels()) {
      CAPTURE(kernels->name);
      const auto one = load_with(folder / "model", dtype, *kernels, 1);
      CHECK(one->backend_name() == std::string("native/") + kernels->name);
      CHECK((one->dtype() == dtype));
      const auto expected = forward_bits(*one, pixels, kExperts);
      CHECK(largest_difference(expected, exact) > 0.0);
      CHECK(largest_difference(expected, exact) < tolerance * largest(exact));
      for (const int threads : {2, 3}) {
        CHECK(forward_bits(*load_with(folder / "model", dtype, *kernels, threads), pixels, kExperts) == expected);
      }
      const bool is_slow = std::string(kernels->name) == "emulated";
      check_every_batch(*one, kExperts, is_slow ? 1 : 3);
      if (one->backend_name() == "native/emulated") emulated = expected;
      if (one->backend_name() == "native/avx512_bf16") avx512.push_back(expected);
    }
    for (const auto& bits : avx512) CHECK(bits == emulated);
  }
}

}  // namespace

TEST_CASE("bf16 heatmaps do not depend on threads, the batch or the place in it, and are near those of f32") {
  check_bits(DType::kBF16, 0.03);
}

TEST_CASE("int8 heatmaps do not depend on threads, the batch or the place in it, and are near those of f32") {
  check_bits(DType::kI8, 0.1);
}

TEST_CASE("bf16 products need weights that a converted file stores as bf16, and give the directory's bits") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  convert_model(folder / "model", folder / "bf16", {DType::kBF16, {}});
  convert_model(folder / "model", folder / "f32", {DType::kF32, {}});
  const Bf16Kernels& emulated = *available_bf16_kernels().back();
  const auto directory = load_with(folder / "model", DType::kBF16, emulated, 1);
  const std::vector<float> pixels = pixels_of(*directory, 2);
  CHECK(forward_bits(*load_with(folder / "bf16", DType::kBF16, emulated, 1), pixels, {}) ==
        forward_bits(*directory, pixels, {}));
  check_refused(folder / "f32", {.dtype = DType::kBF16, .emulate = true}, ErrorCode::kUnsupported,
                {"f32", "bf16", "expected", "convert"});
}

TEST_CASE("a file of int8 is computed in int8, gives the directory's bits, and nothing else can read it") {
  for (const Index experts : {1, 3}) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(true, experts));
    convert_model(folder / "model", folder / "int8", {DType::kI8, {}});
    const Bf16Kernels& emulated = *available_bf16_kernels().back();
    const auto directory = load_with(folder / "model", DType::kI8, emulated, 1);
    const std::vector<float> pixels = pixels_of(*directory, 2);
    const auto expected = forward_bits(*directory, pixels, {1, 0});
    const auto file = PoseEstimator::load(folder / "int8", {.isa = "scalar", .emulate = true});
    CHECK((file->dtype() == DType::kI8));
    CHECK(file->storage_name() == "int8");
    CHECK(forward_bits(*file, pixels, {1, 0}) == expected);
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      check_refused(folder / "int8", {.dtype = dtype, .emulate = true}, ErrorCode::kUnsupported, {"int8", "expected"});
    }
    if (experts == 1) continue;
    // The expert's rows are quantised once more: the same integers, scales within a unit of the last place.
    convert_model(folder / "model", folder / "one", {DType::kI8, 1});
    const auto one = PoseEstimator::load(folder / "one", {.isa = "scalar", .emulate = true});
    CHECK(one->config().experts == 1);
    const auto chosen = forward_bits(*file, pixels, {1, 1});
    CHECK(largest_difference(forward_bits(*one, pixels, {}), chosen) < 0.02 * largest(chosen));
  }
}

TEST_CASE("NaN in one crop stays in that crop, in bf16 and in int8") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  for (const DType dtype : {DType::kBF16, DType::kI8}) {
    for (const Bf16Kernels* kernels : available_bf16_kernels()) {
      CAPTURE(kernels->name);
      const auto estimator = load_with(folder / "model", dtype, *kernels, 2);
      check_nan_stays_in_its_crop(*estimator);
    }
  }
}

TEST_CASE("a caller that flushes denormals and rounds down gets the same bf16 and int8 heatmaps") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(false, 1));
  for (const DType dtype : {DType::kBF16, DType::kI8}) {
    for (const Bf16Kernels* kernels : available_bf16_kernels()) {
      CAPTURE(kernels->name);
      const auto estimator = load_with(folder / "model", dtype, *kernels, 2);
      const std::vector<float> pixels = pixels_of(*estimator, 2);
      const auto expected = forward_bits(*estimator, pixels, {});
      const std::uint64_t before = float_mode();
      set_float_mode(before | kFlushDenormals | kRoundDown);
      const auto hostile = load_with(folder / "model", dtype, *kernels, 2);
      const auto found = forward_bits(*hostile, pixels, {});
      set_float_mode(before);
      CHECK(found == expected);
    }
  }
}

TEST_CASE("a file whose head is stored as int8 is refused, not misread") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  ModelFiles files = open_model(folder / "model", MappedFile::Access::kMap, DType::kI8);
  const std::vector<float> taps(static_cast<std::size_t>(9 * files.config.keypoints() * files.config.hidden_size));
  files.parameters.add_matrix("head.taps.weight",
                              {taps.data(), {9 * files.config.keypoints(), files.config.hidden_size}}, DType::kI8);
  write_converted_file(folder / "file", files.config, files.preprocess, files.parameters, "a test");
  check_refused(folder / "file", {.isa = "scalar", .emulate = true}, ErrorCode::kFormat,
                {"head.taps.weight", "bf16", "i8"});
}

TEST_CASE("bf16 is refused by name where the CPU, the backend or the model cannot do it") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  check_refused(folder / "model", {.isa = "scalar", .dtype = DType::kBF16}, ErrorCode::kUnsupported,
                {"bf16", "scalar", "expected"});
  check_refused(folder / "model", {.backend = "reference", .dtype = DType::kBF16, .emulate = true},
                ErrorCode::kUnsupported, {"bf16", "reference"});
  auto odd = small_model(true, 1);
  odd.hidden_size = 27;
  vitpose::tools::write_random_model(folder / "odd", odd);
  check_refused(folder / "odd", {.dtype = DType::kBF16, .emulate = true}, ErrorCode::kUnsupported,
                {"bf16", "even", "9"});
}

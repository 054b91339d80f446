// Whole models of int8 with float parts of f32: one set of bits everywhere, near f32's, on any CPU.
#include <bit>
#include <cmath>
#include <doctest/doctest.h>

#include "model/config.h"
#include "model/convert.h"
#include "model/model_files.h"
#include "ops/int8_kernels.h"
#include "tests/model/model_support.h"
#include "tests/ops/test_support.h"
#include "tests/support/errors.h"
#include "tests/support/float_mode.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

constexpr Index kCrops = 5;
const std::vector<std::int64_t> kExperts{2, 0, 0, 1, 2};

std::unique_ptr<PoseEstimator> load_int8(const std::string& path, const std::string& isa, int threads) {
  return PoseEstimator::load(
      path, {.isa = isa, .dtype = DType::kI8, .float_parts = DType::kF32, .threads = threads, .numerics = {}});
}

// The largest |a - b|, and the largest |b|.
std::pair<double, double> difference(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  double worst = 0.0;
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = test::worse(worst, std::abs(std::bit_cast<float>(a[i]) - std::bit_cast<float>(b[i])));
    largest = test::worse(largest, std::abs(std::bit_cast<float>(b[i])));
  }
  return {worst, largest};
}

}  // namespace

TEST_CASE("int8 with float parts of f32 has the same bits on every instruction set and for every number of threads") {
  for (const Case& c : kCases) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(c.simple_decoder, c.experts));
    const auto f32 = load(folder / "model", "", "", 1);
    const std::vector<float> pixels = pixels_of(*f32, kCrops);
    const auto expected = forward_bits(*load_int8(folder / "model", "scalar", 1), pixels, kExperts);
    const auto [worst, largest] = difference(expected, forward_bits(*f32, pixels, kExperts));
    CHECK(worst > 0.0);
    CHECK(worst < 0.1 * largest);
    for (const Int8Kernels* kernels : available_int8_kernels()) {
      for (const int threads : {1, 2, 3}) {
        CAPTURE(kernels->name);
        CAPTURE(threads);
        const auto estimator = load_int8(folder / "model", kernels->name, threads);
        CHECK(estimator->backend_name() == std::string("native/") + kernels->name);
        CHECK((estimator->dtype() == DType::kI8));
        CHECK((estimator->float_parts() == DType::kF32));
        CHECK(forward_bits(*estimator, pixels, kExperts) == expected);
      }
    }
  }
}

TEST_CASE("int8 with float parts of f32 does not depend on the batch or the crop's place in it") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(false, 3));
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    CAPTURE(kernels->name);
    const auto estimator = load_int8(folder / "model", kernels->name, 2);
    check_every_batch(*estimator, kExperts, 3);
  }
}

TEST_CASE("NaN in one crop stays in that crop in int8 with float parts of f32") {
  for (const bool simple_decoder : {true, false}) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(simple_decoder, 1));
    for (const Int8Kernels* kernels : available_int8_kernels()) {
      CAPTURE(kernels->name);
      const auto estimator = load_int8(folder / "model", kernels->name, 2);
      check_nan_stays_in_its_crop(*estimator);
    }
  }
}

TEST_CASE("a caller that flushes denormals and rounds down gets the same heatmaps of int8 with float parts of f32") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(false, 1));
  const auto estimator = load_int8(folder / "model", "", 2);
  const std::vector<float> pixels = pixels_of(*estimator, 2);
  const auto expected = forward_bits(*estimator, pixels, {});
  const std::uint64_t before = float_mode();
  set_float_mode(before | kFlushDenormals | kRoundDown);
  const auto found = forward_bits(*load_int8(folder / "model", "", 2), pixels, {});
  set_float_mode(before);
  CHECK(found == expected);
}

TEST_CASE("a file of int8 gives the directory's bits with either float parts") {
  for (const bool simple_decoder : {true, false}) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(simple_decoder, 3));
    convert_model(folder / "model", folder / "int8", {DType::kI8, {}});
    for (const DType parts : {DType::kF32, DType::kBF16}) {
      const LoadOptions options{.dtype = DType::kI8, .float_parts = parts, .emulate = true, .numerics = {}};
      const auto directory = PoseEstimator::load(folder / "model", options);
      const auto file = PoseEstimator::load(folder / "int8", options);
      const std::vector<float> pixels = pixels_of(*file, 2);
      CHECK((file->float_parts() == parts));
      CHECK(forward_bits(*file, pixels, {1, 0}) == forward_bits(*directory, pixels, {1, 0}));
    }
  }
}

TEST_CASE("an int8 file with the decoder in bf16, as all were once, is computed as it is stored") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(false, 1));
  const ModelFiles exact = open_model(folder / "model", MappedFile::Access::kMap);
  ModelFiles files = open_model(folder / "model", MappedFile::Access::kMap, DType::kI8);
  for (const auto& [name, parameter] : exact.parameters.all()) {
    if (name.find(".phase") == std::string::npos) continue;
    const Index channels = name.find("deconv1") != std::string::npos ? files.config.hidden_size : kDecoderChannels;
    const Tensor phase = unpack_matrix(exact.parameters.matrix(name, kDecoderChannels, 4 * channels));
    CHECK((files.parameters.matrix(name, kDecoderChannels, 4 * channels).dtype == DType::kI8));
    files.parameters.add_matrix(name, phase.view<float>(), DType::kBF16);
  }
  write_converted_file(folder / "file", files.config, files.preprocess, files.parameters, "a test");
  const auto f32 = load(folder / "model", "", "", 1);
  const std::vector<float> pixels = pixels_of(*f32, 2);
  const auto expected = forward_bits(*f32, pixels, {});
  const auto file = forward_bits(*load_int8(folder / "file", "", 2), pixels, {});
  const auto bytes = forward_bits(*load_int8(folder / "model", "", 2), pixels, {});
  CHECK(file != bytes);
  const auto [worst, largest] = difference(file, expected);
  CHECK(worst > 0.0);
  CHECK(worst < 0.1 * largest);
}

TEST_CASE("odd sizes, which bf16 refuses, are computed in int8 with float parts of f32") {
  for (const bool simple_decoder : {true, false}) {
    const TemporaryFolder folder;
    auto odd = small_model(simple_decoder, 1);
    odd.hidden_size = 27;
    vitpose::tools::write_random_model(folder / "odd", odd);
    const auto f32 = load(folder / "odd", "", "", 1);
    const std::vector<float> pixels = pixels_of(*f32, 1);
    const auto exact = forward_bits(*f32, pixels, {});
    for (const Int8Kernels* kernels : available_int8_kernels()) {
      CAPTURE(kernels->name);
      const auto [worst, largest] =
          difference(forward_bits(*load_int8(folder / "odd", kernels->name, 1), pixels, {}), exact);
      CHECK(worst < 0.1 * largest);
    }
  }
}

TEST_CASE("a file with windows of bytes that begin within a unit is refused, not misread") {
  const TemporaryFolder folder;
  auto odd = small_model(false, 1);
  odd.hidden_size = 27;
  vitpose::tools::write_random_model(folder / "odd", odd);
  ModelFiles files = open_model(folder / "odd", MappedFile::Access::kMap, DType::kI8);
  const std::vector<float> phase(static_cast<std::size_t>(kDecoderChannels * 4 * odd.hidden_size));
  files.parameters.add_matrix("head.deconv1.phase2.weight", {phase.data(), {kDecoderChannels, 4 * odd.hidden_size}},
                              DType::kI8);
  write_converted_file(folder / "file", files.config, files.preprocess, files.parameters, "a test");
  check_error(raised_by([&] { load_int8(folder / "file", "", 1); }), ErrorCode::kFormat,
              {"head.deconv1.phase2.weight", "f32 or bf16", "i8"});
}

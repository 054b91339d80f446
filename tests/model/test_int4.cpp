// Whole models of int4: the bits of the same weights stored as bf16, in f32 and in bf16, and what files are refused.
#include <algorithm>
#include <bit>
#include <cmath>
#include <doctest/doctest.h>

#include "model/convert.h"
#include "model/model_files.h"
#include "ops/bf16_kernels.h"
#include "ops/kernels.h"
#include "tests/model/model_support.h"
#include "tests/ops/test_support.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

constexpr Index kCrops = 3;
const std::vector<std::int64_t> kExperts{2, 0, 1};

struct Engine {
  std::string isa;
  DType float_parts;
  bool emulate;
};

std::vector<Engine> engines() {
  std::vector<Engine> all;
  for (const KernelTable* table : available_kernel_tables()) all.push_back({table->name, DType::kF32, false});
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    const bool emulated = std::string(kernels->name) == "emulated";
    all.push_back({emulated ? "scalar" : kernels->name, DType::kBF16, emulated});
  }
  return all;
}

std::unique_ptr<PoseEstimator> load_with(const std::string& path, std::optional<DType> dtype, const Engine& engine,
                                         int threads) {
  LoadOptions options;
  options.isa = engine.isa;
  options.threads = threads;
  options.dtype = dtype;
  options.float_parts = engine.float_parts;
  options.emulate = engine.emulate;
  return PoseEstimator::load(path, options);
}

// A converted file of bf16 with the weights that int4 leaves of the model.
void write_decoded(const std::string& model, const std::string& path) {
  ModelFiles files = open_model(model, MappedFile::Access::kMap, DType::kI4);
  ParameterSet wide(path);
  for (const auto& [name, parameter] : files.parameters.all()) {
    if (parameter.dtype != DType::kU8) {
      wide.add_view(name, {parameter.dtype, parameter.shape, static_cast<const std::byte*>(parameter.data), 0});
    }
  }
  const ModelConfig& c = files.config;
  const auto decode = [&](const std::string& name, Index n, Index k) {
    const PackedMatrix matrix = files.parameters.matrix(name, n, k);
    CHECK((matrix.dtype == DType::kI4));
    std::vector<float> values;
    for (Index i = 0; i < n * k; ++i) values.push_back(packed_element(matrix, i / k, i % k));
    wide.add_matrix(name, {values.data(), {n, k}}, DType::kBF16);
  };
  for (Index layer = 0; layer < c.layers; ++layer) {
    const std::string name = "layer." + std::to_string(layer) + ".";
    decode(name + "qkv.weight", 3 * c.hidden_size, c.hidden_size);
    decode(name + "projection.weight", c.hidden_size, c.hidden_size);
    decode(name + "fc1.weight", c.feed_forward_size, c.hidden_size);
    decode(name + "fc2.weight", c.hidden_size - c.part_features, c.feed_forward_size);
    for (Index expert = 0; c.experts > 1 && expert < c.experts; ++expert) {
      decode(name + "experts." + std::to_string(expert) + ".weight", c.part_features, c.feed_forward_size);
    }
  }
  write_converted_file(path, c, files.preprocess, wide, "a test");
}

void check_refused(const std::string& path, const LoadOptions& options, ErrorCode code,
                   std::initializer_list<std::string_view> parts) {
  check_error(raised_by([&] { PoseEstimator::load(path, options); }), code, parts);
}

}  // namespace

TEST_CASE("int4 heatmaps have the bits of the same weights stored as bf16, everywhere and for any threads") {
  for (const Case& c : kCases) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", model_of_groups(c.simple_decoder, c.experts));
    write_decoded(folder / "model", folder / "decoded");
    const auto f32 = load(folder / "model", "", "", 1);
    const std::vector<float> pixels = pixels_of(*f32, kCrops);
    const auto exact = forward_bits(*f32, pixels, kExperts);
    for (const Engine& engine : engines()) {
      CAPTURE(engine.isa);
      const auto expected =
          forward_bits(*load_with(folder / "decoded", engine.float_parts, engine, 1), pixels, kExperts);
      double worst = 0.0;
      double largest = 0.0;
      for (std::size_t i = 0; i < exact.size(); ++i) {
        const float value = std::bit_cast<float>(exact[i]);
        worst = test::worse(worst, std::abs(std::bit_cast<float>(expected[i]) - value));
        largest = test::worse(largest, std::abs(value));
      }
      CHECK(worst > 0.0);
      CHECK(worst < 0.3 * largest);
      for (const int threads : {1, 3}) {
        const auto int4 = load_with(folder / "model", DType::kI4, engine, threads);
        CHECK((int4->dtype() == DType::kI4));
        CHECK((int4->float_parts() == engine.float_parts));
        CHECK(forward_bits(*int4, pixels, kExperts) == expected);
      }
    }
  }
}

TEST_CASE("int4 in f32 has the same bits on every instruction set, and in the reference") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(false, 3));
  const auto reference = PoseEstimator::load(folder / "model", {.backend = "reference", .dtype = DType::kI4});
  const std::vector<float> pixels = pixels_of(*reference, kCrops);
  const auto expected = forward_bits(*reference, pixels, kExperts);
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    const auto native = load_with(folder / "model", DType::kI4, {table->name, DType::kF32, false}, 2);
    CHECK(forward_bits(*native, pixels, kExperts) == expected);
    for (Index crop = 0; crop < kCrops; ++crop) {  // alone as in the batch
      const auto floats = static_cast<std::ptrdiff_t>(pixels.size() / kCrops);
      const auto maps = static_cast<std::ptrdiff_t>(expected.size() / kCrops);
      const std::vector<float> one(pixels.begin() + crop * floats, pixels.begin() + (crop + 1) * floats);
      const std::vector<std::uint32_t> map(expected.begin() + crop * maps, expected.begin() + (crop + 1) * maps);
      CHECK(forward_bits(*native, one, {kExperts[static_cast<std::size_t>(crop)]}) == map);
    }
  }
}

TEST_CASE("a file of int4 is computed in int4, gives the directory's bits, and an expert of it keeps its own") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(true, 3));
  convert_model(folder / "model", folder / "int4", {DType::kI4, {}});
  convert_model(folder / "model", folder / "one", {DType::kI4, 1});
  for (const DType parts : {DType::kF32, DType::kBF16}) {
    const LoadOptions options{.isa = "scalar", .float_parts = parts, .emulate = true, .numerics = {}};
    const auto file = PoseEstimator::load(folder / "int4", options);
    CHECK((file->dtype() == DType::kI4));
    CHECK(file->storage_name() == "int4");
    const std::vector<float> pixels = pixels_of(*file, 2);
    const auto directory = load_with(folder / "model", DType::kI4, {"scalar", parts, true}, 1);
    CHECK(forward_bits(*file, pixels, {1, 0}) == forward_bits(*directory, pixels, {1, 0}));
    const auto one = PoseEstimator::load(folder / "one", options);
    CHECK(one->config().experts == 1);
    CHECK(forward_bits(*one, pixels, {}) == forward_bits(*file, pixels, {1, 1}));
  }
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kI8}) {
    check_refused(folder / "int4", {.dtype = dtype, .emulate = true}, ErrorCode::kUnsupported, {"int4", "expected"});
  }
}

TEST_CASE("files of int4 with other scales than packing makes, or without, are refused by name") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(true, 1));
  const std::string name = "layer.1.fc2.weight";
  const auto write_with = [&](const char* file, Index scales, float value) {
    ModelFiles files = open_model(folder / "model", MappedFile::Access::kMap, DType::kI4);
    ParameterSet parameters("a test");
    for (const auto& [other, parameter] : files.parameters.all()) {
      if (other == name + ".scales") continue;
      parameters.add_view(other, {parameter.dtype, parameter.shape, static_cast<const std::byte*>(parameter.data), 0});
    }
    Tensor forged(DType::kF32, int4_scales_shape(36, scales > 0 ? scales : 1));
    std::fill_n(forged.data<float>(), forged.count(), value);
    if (scales > 0) {
      parameters.add_view(name + ".scales",
                          {DType::kF32, forged.shape(), static_cast<const std::byte*>(forged.raw()), 0});
    }
    write_converted_file(folder / file, files.config, files.preprocess, parameters, "a test");
    return folder / file;
  };
  check_refused(write_with("missing", 0, 0.0f), {}, ErrorCode::kFormat, {name + ".scales", "missing"});
  check_refused(write_with("short", 128, 1.0f), {}, ErrorCode::kFormat, {name + ".scales", "[3,2,16]", "[3,1,16]"});
  check_refused(write_with("fine", 144, 0.1f), {}, ErrorCode::kFormat, {name + ".scales", "five significant bits"});
  CHECK(PoseEstimator::load(write_with("good", 144, 0.125f), {})->storage_name() == "int4");
}

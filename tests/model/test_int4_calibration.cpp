// Converting to int4 with crops to go by: it helps, its bits are the same everywhere, and wrong crops are refused.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>

#include "model/convert.h"
#include "model/model_files.h"
#include "ops/kernels.h"
#include "tests/model/model_support.h"
#include "tests/ops/test_support.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

constexpr Index kCrops = 6;

void convert_with(const std::string& model, const std::string& file, const std::vector<float>& pixels,
                  const std::vector<std::int64_t>& experts, std::optional<Index> kept = {}) {
  convert_model(model, file, {DType::kI4, kept, CalibrationCrops{pixels, experts}});
}

std::vector<std::uint32_t> bits_of(const std::string& path, const std::vector<float>& pixels,
                                   const std::vector<std::int64_t>& experts) {
  return forward_bits(*PoseEstimator::load(path, {.isa = "scalar", .float_parts = DType::kF32, .numerics = {}}), pixels,
                      experts);
}

double distance(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += std::pow(std::bit_cast<float>(a[i]) - std::bit_cast<float>(b[i]), 2.0);
  }
  return std::sqrt(sum);
}

// Of the residual stream behind each layer, [L + 1, N, T, D].
std::vector<float> hidden_states(const PoseEstimator& estimator, const std::vector<float>& pixels,
                                 const std::vector<std::int64_t>& experts) {
  const ModelConfig& config = estimator.config();
  const Index crops = static_cast<Index>(pixels.size()) / (3 * config.image_height * config.image_width);
  const Shape shape{config.layers + 1, crops, config.tokens(), config.hidden_size};
  std::vector<float> states(static_cast<std::size_t>(shape.count()));
  std::vector<float> heatmaps(
      static_cast<std::size_t>(crops * config.keypoints() * config.heatmap_height() * config.heatmap_width()));
  TensorView<float> view(states.data(), shape);
  ForwardOptions options;
  options.experts = experts;
  options.hidden_states = &view;
  estimator.forward({pixels.data(), {crops, 3, config.image_height, config.image_width}}, options,
                    {heatmaps.data(), {crops, config.keypoints(), config.heatmap_height(), config.heatmap_width()}});
  return states;
}

}  // namespace

TEST_CASE("crops to go by bring the heatmaps nearer to those of f32") {
  for (const Case& c : kCases) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", model_of_groups(c.simple_decoder, c.experts));
    const auto f32 = load(folder / "model", "", "", 1);
    const std::vector<float> pixels = pixels_of(*f32, kCrops);
    const std::vector<std::int64_t> experts =
        c.experts > 1 ? std::vector<std::int64_t>{1, 0, 2, 1, 0, 2} : std::vector<std::int64_t>{};
    const auto exact = forward_bits(*f32, pixels, experts);
    convert_model(folder / "model", folder / "nearest", {DType::kI4, {}, {}});
    convert_with(folder / "model", folder / "fitted", pixels, experts);
    CHECK(distance(bits_of(folder / "fitted", pixels, experts), exact) <
          0.7 * distance(bits_of(folder / "nearest", pixels, experts), exact));
    CHECK(PoseEstimator::load(folder / "fitted", {})->storage_name() == "int4");
  }
}

TEST_CASE("for the crops it was fitted to, the residual stream of a fitted model has the mean of the exact one's") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(true, 3));
  const auto exact = load(folder / "model", "", "", 1);
  const std::vector<float> pixels = pixels_of(*exact, kCrops);
  const std::vector<std::int64_t> experts{1, 0, 2, 1, 0, 2};
  convert_with(folder / "model", folder / "fitted", pixels, experts);
  const auto fitted = PoseEstimator::load(folder / "fitted", {.isa = "scalar", .float_parts = DType::kF32});
  const std::vector<float> expected = hidden_states(*exact, pixels, experts);
  const std::vector<float> found = hidden_states(*fitted, pixels, experts);
  const ModelConfig& config = exact->config();
  const Index rows = kCrops * config.tokens();
  double lost_means = 0.0;
  double lost_values = 0.0;
  for (Index layer = 1; layer <= config.layers; ++layer) {
    for (Index channel = 0; channel < config.hidden_size; ++channel) {
      double sum = 0.0;
      for (Index row = 0; row < rows; ++row) {
        const auto at = static_cast<std::size_t>((layer * rows + row) * config.hidden_size + channel);
        sum += expected[at] - found[at];
        lost_values += std::fabs(expected[at] - found[at]);
      }
      lost_means += std::fabs(sum);
    }
  }
  CHECK(lost_values > 0.0);
  CHECK(lost_means < 0.05 * lost_values);  // the file's patch embedding is bf16, that of the fitting was not
}

TEST_CASE("a fitted file has the same bytes whichever instruction set computed it") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(true, 1));
  const std::vector<float> pixels = pixels_of(*load(folder / "model", "", "", 1), kCrops);
  convert_with(folder / "model", folder / "fitted", pixels, {});
  const std::string expected = read_file(folder / "fitted");
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    ::setenv("VITPOSE_ISA", table->name, 1);
    convert_with(folder / "model", folder / "again", pixels, {});
    ::unsetenv("VITPOSE_ISA");
    CHECK(read_file(folder / "again") == expected);
  }
}

TEST_CASE("an expert without crops is rounded to the nearest, and a kept one is fitted to its own crops") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(false, 3));
  const std::vector<float> pixels = pixels_of(*load(folder / "model", "", "", 1), kCrops);
  const std::vector<std::int64_t> experts{0, 2, 0, 0, 2, 2};
  convert_with(folder / "model", folder / "fitted", pixels, experts);
  const ModelFiles fitted = open_model(folder / "fitted", MappedFile::Access::kMap);
  const ModelFiles nearest = open_model(folder / "model", MappedFile::Access::kMap, DType::kI4);
  for (const char* expert : {"0", "1", "2"}) {
    CAPTURE(expert);
    const std::string name = std::string("layer.1.experts.") + expert + ".weight";
    const Tensor a = unpack_matrix(fitted.parameters.matrix(name, 10, 144));
    const Tensor b = unpack_matrix(nearest.parameters.matrix(name, 10, 144));
    CHECK((test::first_difference(a.data<float>(), b.data<float>(), a.count()) == "") == (*expert == '1'));
  }

  std::vector<float> own;  // crops of expert 2
  const auto crop = static_cast<std::ptrdiff_t>(pixels.size() / kCrops);
  for (const std::ptrdiff_t i : {1, 4, 5}) own.insert(own.end(), &pixels[0] + i * crop, &pixels[0] + (i + 1) * crop);
  convert_with(folder / "model", folder / "kept", pixels, experts, 2);
  convert_with(folder / "model", folder / "kept of its own", own, {}, 2);
  CHECK(read_file(folder / "kept") == read_file(folder / "kept of its own"));
}

TEST_CASE("crops that cannot be used are refused, and nothing is written") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(true, 3));
  vitpose::tools::write_random_model(folder / "plain", model_of_groups(true, 1));
  const std::vector<float> pixels = pixels_of(*load(folder / "model", "", "", 1), 2);
  const auto refused = [&](const std::string& model, ConvertOptions options, ErrorCode code,
                           std::initializer_list<std::string_view> parts) {
    check_error(raised_by([&] { convert_model(folder / model, folder / "out", options); }), code, parts);
    CHECK_FALSE(std::filesystem::exists(folder / "out"));
  };
  const std::vector<std::int64_t> experts{0, 1};
  const std::vector<std::int64_t> unknown{0, 3};
  std::vector<float> spoilt = pixels;
  spoilt[pixels.size() - 1] = std::numeric_limits<float>::infinity();
  const std::span<const float> odd(pixels.data(), pixels.size() - 1);
  const auto invalid = ErrorCode::kInvalidArgument;
  refused("plain", {DType::kBF16, {}, CalibrationCrops{pixels, {}}}, invalid, {"expected int4", "bf16"});
  refused("plain", {DType::kI4, {}, CalibrationCrops{odd, {}}}, invalid, {"[3,80,64]", "30719 values"});
  refused("plain", {DType::kI4, {}, CalibrationCrops{{}, {}}}, invalid, {"[3,80,64]", "0 values"});
  refused("plain", {DType::kI4, {}, CalibrationCrops{spoilt, {}}}, invalid, {"finite", "inf", "crop 1"});
  refused("model", {DType::kI4, {}, CalibrationCrops{pixels, {}}}, invalid, {"expert"});
  refused("model", {DType::kI4, {}, CalibrationCrops{pixels, unknown}}, invalid, {"3"});
  refused("model", {DType::kI4, 2, CalibrationCrops{pixels, experts}}, invalid, {"none of 2 crops", "expert 2"});
  convert_model(folder / "plain", folder / "int4", {DType::kI4, {}, {}});
  refused("int4", {DType::kI4, {}, CalibrationCrops{pixels, {}}}, ErrorCode::kUnsupported,
          {"already", "original checkpoint"});
}

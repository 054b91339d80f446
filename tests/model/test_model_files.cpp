#include <cstdint>
#include <doctest/doctest.h>
#include <fstream>
#include <vector>

#include "io/safetensors.h"
#include "model/convert.h"
#include "model/model_files.h"
#include "tests/model/model_support.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

const std::vector<std::int64_t> kExpert1{1};

std::vector<float> pixels_of(const PoseEstimator& estimator) {
  return random_pixels(2 * 3 * estimator.config().image_height * estimator.config().image_width, 3);
}

std::vector<std::uint32_t> bits_of_model(const std::string& path, const std::vector<std::int64_t>& experts = kExpert1) {
  const auto estimator = PoseEstimator::load(path, {});
  return forward_bits(*estimator, pixels_of(*estimator), experts);
}

// The same file as it was written before panels began an odd number of lines apart: without the lines in between, which
// nothing reads and which are all zero (of int4, all 0x88).
void write_without_lines_between(const std::string& from, const std::string& to) {
  const ModelFiles files = open_model(from, MappedFile::Access::kMap);
  ParameterSet compact(to);
  std::vector<AlignedBuffer> memory;
  for (const auto& [name, parameter] : files.parameters.all()) {
    Shape shape = parameter.shape;
    const auto* bytes = static_cast<const std::byte*>(parameter.data);
    const Index lines = shape.rank() > 2 ? shape[1] : 0;
    const auto is_filling = [&](Index at) { return bytes[at] == std::byte{0} || bytes[at] == std::byte{0x88}; };
    bool is_between = lines > 1;
    for (Index panel = 0; panel < (is_between ? shape[0] : 0); ++panel) {
      for (Index i = 0; i < 64; ++i) is_between &= is_filling((panel * lines + lines - 1) * 64 + i);
    }
    if (is_between) {
      shape = shape.rank() == 3 ? Shape{shape[0], lines - 1, 16} : Shape{shape[0], lines - 1, 16, shape[3]};
      memory.emplace_back(static_cast<std::size_t>(shape[0] * (lines - 1) * 64));
      auto* const to_bytes = static_cast<std::byte*>(memory.back().data());
      for (Index panel = 0; panel < shape[0]; ++panel) {
        std::copy_n(bytes + panel * lines * 64, (lines - 1) * 64, to_bytes + panel * (lines - 1) * 64);
      }
      bytes = to_bytes;
    }
    compact.add_view(name, {parameter.dtype, shape, bytes, 0});
  }
  CHECK(memory.size() >= 8);
  write_converted_file(to, files.config, files.preprocess, compact, "a test");
}

Raised error_of(const std::string& path) {
  return raised_by([&] { PoseEstimator::load(path, {}); });
}

}  // namespace

TEST_CASE("a converted f32 file gives the checkpoint's bits, mapped or read") {
  for (const bool simple : {true, false}) {
    for (const Index experts : {1, 3}) {
      const TemporaryFolder folder;
      vitpose::tools::write_random_model(folder / "model", small_model(simple, experts));
      convert_model(folder / "model", folder / "file", {});
      const auto expected = bits_of_model(folder / "model");
      CHECK(bits_of_model(folder / "file") == expected);
      LoadOptions read;
      read.use_mmap = false;
      const auto estimator = PoseEstimator::load(folder / "file", read);
      CHECK(forward_bits(*estimator, pixels_of(*estimator), kExpert1) == expected);
      CHECK(estimator->storage_name() == "f32");
      CHECK(estimator->config().labels == PoseEstimator::load(folder / "model", {})->config().labels);
    }
  }
}

TEST_CASE("files that were converted before panels had lines in between give the same bits") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", model_of_groups(false, 3));
  for (const DType storage : {DType::kF32, DType::kBF16, DType::kI8, DType::kI4}) {
    CAPTURE(name_of(storage));
    convert_model(folder / "model", folder / "file", {storage, std::nullopt});
    write_without_lines_between(folder / "file", folder / "before");
    CHECK(bits_of_model(folder / "before") == bits_of_model(folder / "file"));
  }
}

TEST_CASE("bf16 storage of a bf16 checkpoint loses nothing, except where batch norm was folded in") {
  auto options = small_model(true, 2);
  options.dtype = DType::kBF16;
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", options);
  convert_model(folder / "model", folder / "file", {DType::kBF16, std::nullopt});
  CHECK(bits_of_model(folder / "file") == bits_of_model(folder / "model"));
  CHECK(PoseEstimator::load(folder / "file", {})->storage_name() == "bf16");
}

TEST_CASE("keeping one expert gives a plain model with the same heatmaps") {
  for (const DType storage : {DType::kF32, DType::kBF16}) {
    auto options = small_model(false, 3);
    options.dtype = DType::kBF16;
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", options);
    convert_model(folder / "model", folder / "all", {storage, std::nullopt});
    for (std::int64_t expert = 0; expert < 3; ++expert) {
      const auto expected = bits_of_model(folder / "all", {expert});
      convert_model(folder / "model", folder / "one", {storage, expert});
      CHECK(PoseEstimator::load(folder / "one", {})->config().experts == 1);
      CHECK(bits_of_model(folder / "one", {}) == expected);
      convert_model(folder / "all", folder / "again", {storage, expert});  // a converted file is a source too
      CHECK(bits_of_model(folder / "again", {}) == expected);
    }
  }
}

TEST_CASE("a conversion that cannot be done says why and leaves no file") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "plain", small_model(true, 1));
  vitpose::tools::write_random_model(folder / "plus", small_model(true, 3));
  convert_model(folder / "plus", folder / "bf16", {DType::kBF16, std::nullopt});
  const auto refused = [&](const std::string& source, const ConvertOptions& options) {
    const Raised raised = raised_by([&] { convert_model(folder / source, folder / "out", options); });
    CHECK_FALSE(std::filesystem::exists(folder / "out"));
    return raised;
  };
  CHECK(refused("plain", {DType::kF32, 1}).has("only one"));
  CHECK(refused("plus", {DType::kF32, 3}).has("expected an expert from 0 to 2, found 3"));
  CHECK(refused("plus", {DType::kF32, -1}).has("found -1"));
  CHECK(refused("bf16", {DType::kF32, std::nullopt}).has("bf16 already"));
  CHECK(refused("nothing", {}).has("no such file"));
}

TEST_CASE("a missing or misshaped weight is named; extra ones are noted") {
  const auto options = small_model(false, 2);
  const auto weights = vitpose::tools::random_weights(options);
  for (const auto& victim : weights) {
    if (victim.name.ends_with("num_batches_tracked")) continue;
    CAPTURE(victim.name);
    const TemporaryFolder folder;
    auto fewer = weights;
    std::erase_if(fewer, [&](const auto& weight) { return weight.name == victim.name; });
    vitpose::tools::write_model_files(folder / "missing", options, fewer);
    CHECK(error_of(folder / "missing").has(victim.name));
  }
  const TemporaryFolder folder;
  auto misshaped = weights;
  misshaped[0].shape = {misshaped[0].shape.count() - 1};
  misshaped[0].values.pop_back();
  vitpose::tools::write_model_files(folder / "misshaped", options, misshaped);
  CHECK(error_of(folder / "misshaped").has(misshaped[0].name));
  CHECK(error_of(folder / "misshaped").has("expected"));
  auto more = weights;
  more.push_back({"backbone.cls_token\n", {4}, {1, 2, 3, 4}});
  vitpose::tools::write_model_files(folder / "more", options, more);
  const auto estimator = PoseEstimator::load(folder / "more", {});
  REQUIRE(estimator->notes().size() == 1);
  CHECK(estimator->notes()[0].find("'backbone.cls_token\\x0a'") != std::string::npos);
}

TEST_CASE("a file that is no converted model is refused by name") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  CHECK(error_of(folder / "model/model.safetensors").has("vitpose_format"));
  CHECK(error_of(folder / "model/config.json").has("config.json"));
  convert_model(folder / "model", folder / "file", {});

  ModelFiles files = open_model(folder / "file", MappedFile::Access::kMap);
  std::vector<TensorToStore> tensors;
  for (const auto& [name, parameter] : files.parameters.all()) {
    tensors.push_back({name, parameter.dtype, parameter.shape, parameter.data});
  }
  auto metadata = files.tensors.metadata();
  metadata["vitpose_format"] = "999\n";
  write_safetensors(folder / "future", tensors, metadata);
  CHECK(error_of(folder / "future").has("'999\\x0a'"));
  metadata["vitpose_format"] = "1";
  tensors.erase(tensors.begin());
  write_safetensors(folder / "incomplete", tensors, metadata);
  CHECK(error_of(folder / "incomplete").has("is missing"));
  CHECK(raised_by([&] { convert_model(folder / "incomplete", folder / "copy", {}); }).has("is missing"));
  CHECK_FALSE(std::filesystem::exists(folder / "copy"));
}

TEST_CASE("a truncated converted file is refused at every length") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  convert_model(folder / "model", folder / "file", {});
  std::ifstream in(folder / "file", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
    std::ofstream(folder / "cut", std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(length));
    CAPTURE(length);
    CHECK(error_of(folder / "cut").has("cut"));
  }
}

TEST_CASE("the preprocessor's size must be the backbone's") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  std::ofstream(folder / "model/preprocessor_config.json") << R"({"size": {"height": 256, "width": 192}})";
  CHECK(error_of(folder / "model").has("expected the backbone's image_size [80,64]"));
}

TEST_CASE("a configuration of very many values is refused before they fill the memory") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  std::string text = "[0";
  for (int i = 0; i < 1 << 18; ++i) text += ",0";
  write_file(folder / "model/config.json", text + "]");
  check_error(error_of(folder / "model"), ErrorCode::kFormat, {"config.json: expected at most 262144 values"});
}

#include <filesystem>

#include "ops/kernels.h"
#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

std::size_t file_size(const std::string& path) {
  return static_cast<std::size_t>(std::filesystem::file_size(path));
}

// The tiny checkpoint with its tensors as `damage` leaves them.
template <class Damage>
std::string damaged_model(const TemporaryFolder& folder, const Damage& damage) {
  std::vector<tools::NamedWeights> weights = tools::random_weights(tiny_options());
  damage(weights);
  tools::write_model_files(folder / "model", tiny_options(), weights);
  return folder / "model";
}

tools::NamedWeights& weight(std::vector<tools::NamedWeights>& weights, const std::string& name) {
  for (tools::NamedWeights& tensor : weights) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

}  // namespace

TEST_CASE("the version is the package's") {
  CHECK(version() == VITPOSE_VERSION);
}

TEST_CASE("a loaded model tells what it is") {
  const auto estimator = PoseEstimator::load(expert_model(), {.threads = 2});
  const ModelInfo info = estimator.info();
  CHECK(info.keypoints == 17);
  CHECK(info.experts == 3);
  CHECK(info.part_features == 8);
  CHECK(info.crop_height == 256);
  CHECK(info.crop_width == 192);
  CHECK(info.heatmap_height == 64);
  CHECK(info.heatmap_width == 48);
  CHECK(info.hidden_size == 32);
  CHECK(info.feed_forward_size == 128);
  CHECK(info.layers == 2);
  CHECK(info.heads == 2);
  CHECK(info.tokens == 192);
  CHECK(info.simple_decoder == 1);
  CHECK(info.threads == 2);
  CHECK(estimator.storage() == "f32");
  CHECK(estimator.backend().rfind("native/", 0) == 0);
  REQUIRE(estimator.keypoint_names().size() == 17);
  CHECK(estimator.keypoint_names()[0] == "Nose");
  CHECK(estimator.keypoint_names()[16] == "R_Ankle");
  CHECK(estimator.notes().empty());
}

TEST_CASE("a model of another crop size and the classic decoder loads") {
  const auto estimator = PoseEstimator::load(classic_model());
  CHECK(estimator.info().crop_height == 64);
  CHECK(estimator.info().crop_width == 48);
  CHECK(estimator.info().heatmap_height == 16);
  CHECK(estimator.info().simple_decoder == 0);
  CHECK(estimator.decode_options().crop_height == 64);
  CHECK(estimator.preprocess_options().crop_width == 48);
}

TEST_CASE("extra tensors are noted, missing and misshaped ones are errors that name them") {
  const TemporaryFolder folder;
  SUBCASE("extra") {
    const auto estimator = PoseEstimator::load(damaged_model(folder, [](auto& weights) {
      weights.push_back({"backbone.something", {2}, {1, 2}});
    }));
    REQUIRE(estimator.notes().size() == 1);
    CHECK(estimator.notes()[0].find("backbone.something") != std::string::npos);
  }
  SUBCASE("missing") {
    const std::string path =
        damaged_model(folder, [](auto& weights) { weight(weights, "head.conv.bias").name = "head.conv.biased"; });
    check_refused(ErrorCode::kFormat, {"head.conv.bias"}, [&] { PoseEstimator::load(path); });
  }
  SUBCASE("misshaped") {
    const std::string path = damaged_model(folder, [](auto& weights) {
      auto& tensor = weight(weights, "backbone.encoder.layer.1.mlp.fc1.weight");
      tensor.shape = {32, 128};
    });
    check_refused(ErrorCode::kFormat, {"backbone.encoder.layer.1.mlp.fc1.weight", "[128,32]", "[32,128]"},
                  [&] { PoseEstimator::load(path); });
  }
}

TEST_CASE("files that are no model are refused") {
  const TemporaryFolder folder;
  check_refused(ErrorCode::kIo, {"nowhere"}, [&] { PoseEstimator::load(folder / "nowhere"); });
  std::filesystem::create_directory(folder / "empty");
  check_refused(ErrorCode::kIo, {"config.json"}, [&] { PoseEstimator::load(folder / "empty"); });
  engine::testing::write_file(folder / "text", "this is not a model, only some words that are longer than a header");
  check_refused(ErrorCode::kFormat, {"text"}, [&] { PoseEstimator::load(folder / "text"); });
}

TEST_CASE("a checkpoint cut off anywhere is refused, mapped or read") {
  const TemporaryFolder folder;
  tools::write_random_model(folder / "model", tiny_options());
  const std::string weights = folder / "model/model.safetensors";
  const std::size_t size = file_size(weights);
  for (const std::size_t kept :
       {size - 1, size / 2, std::size_t{100}, std::size_t{8}, std::size_t{3}, std::size_t{0}}) {
    std::filesystem::resize_file(weights, kept);
    for (const bool use_mmap : {true, false}) {
      CAPTURE(kept);
      check_refused(ErrorCode::kFormat, {"model.safetensors"},
                    [&] { PoseEstimator::load(folder / "model", {.use_mmap = use_mmap}); });
    }
  }
}

TEST_CASE("wrong names of backends and instruction sets and bad thread counts are refused") {
  check_refused(ErrorCode::kInvalidArgument, {"cuda9", "native"},
                [] { PoseEstimator::load(plain_model(), {.backend = "cuda9"}); });
  check_refused(ErrorCode::kInvalidArgument, {"sse9", "scalar"},
                [] { PoseEstimator::load(plain_model(), {.isa = "sse9"}); });
  check_refused(ErrorCode::kInvalidArgument, {"reference"},
                [] { PoseEstimator::load(plain_model(), {.backend = "reference", .isa = "scalar"}); });
  check_refused(ErrorCode::kInvalidArgument, {"threads", "-1"},
                [] { PoseEstimator::load(plain_model(), {.threads = -1}); });
  check_refused(ErrorCode::kInvalidArgument, {"threads", "100000"},
                [] { PoseEstimator::load(plain_model(), {.threads = 100000}); });
}

TEST_CASE("the arithmetic can be chosen and asked for; a file of int8 brings its own") {
  const LoadOptions emulated{.isa = "scalar", .emulate = true};
  CHECK(PoseEstimator::load(plain_model(), emulated).dtype() == DType::kF32);
  for (const DType dtype : {DType::kF32, DType::kBf16, DType::kInt8, DType::kInt4}) {
    CHECK(PoseEstimator::load(plain_model(), {.isa = "scalar", .dtype = dtype, .emulate = true}).dtype() == dtype);
  }
  const TemporaryFolder folder;
  convert(plain_model(), folder / "int8", {.storage = Storage::kInt8});
  const auto estimator = PoseEstimator::load(folder / "int8", emulated);
  CHECK(estimator.dtype() == DType::kInt8);
  CHECK(estimator.storage() == "int8");
  convert(plain_model(), folder / "int4", {.storage = Storage::kInt4});
  CHECK(PoseEstimator::load(folder / "int4").dtype() == DType::kInt4);
  CHECK(PoseEstimator::load(folder / "int4").storage() == "int4");
  CHECK(file_size(folder / "int4") < file_size(folder / "int8"));
  check_refused(ErrorCode::kInvalidArgument, {"dtype", "9"},
                [] { PoseEstimator::load(plain_model(), {.dtype = static_cast<DType>(9)}); });
  check_refused(ErrorCode::kUnsupported, {"scalar", "bf16", "expected"},
                [] { PoseEstimator::load(plain_model(), {.isa = "scalar", .dtype = DType::kBf16}); });
  CHECK(vitpose_estimator_dtype(nullptr) == VITPOSE_DEFAULT_DTYPE);
}

TEST_CASE("int8 has float parts of f32 or bf16, as asked, else as the instruction set has it") {
  const auto parts = [](const LoadOptions& options) {
    return PoseEstimator::load(plain_model(), options).float_parts();
  };
  CHECK(parts({.isa = "scalar"}) == DType::kF32);
  CHECK(parts({.isa = "scalar", .dtype = DType::kInt8}) == DType::kF32);
  CHECK(parts({.isa = "scalar", .dtype = DType::kInt8, .emulate = true}) == DType::kBf16);
  CHECK(parts({.isa = "scalar", .dtype = DType::kInt8, .emulate = true, .float_parts = DType::kF32}) == DType::kF32);
  check_refused(ErrorCode::kInvalidArgument, {"float_parts", "9"}, [] {
    PoseEstimator::load(plain_model(), {.dtype = DType::kInt8, .float_parts = static_cast<DType>(9)});
  });
  check_refused(ErrorCode::kInvalidArgument, {"float_parts", "f32", "bf16", "int8"},
                [] { PoseEstimator::load(plain_model(), {.dtype = DType::kInt8, .float_parts = DType::kInt8}); });
  check_refused(ErrorCode::kUnsupported, {"dtype f32", "float parts", "bf16"},
                [] { PoseEstimator::load(plain_model(), {.float_parts = DType::kBf16}); });
  CHECK(vitpose_estimator_float_parts(nullptr) == VITPOSE_DEFAULT_DTYPE);
}

TEST_CASE("a converted file gives the same bits as the checkpoint, mapped or read") {
  const TemporaryFolder folder;
  convert(plain_model(), folder / "packed");
  const TestPicture picture;
  const auto expected = PoseEstimator::load(plain_model()).estimate(picture.image(), test_boxes());
  for (const bool use_mmap : {true, false}) {
    const auto estimator = PoseEstimator::load(folder / "packed", {.use_mmap = use_mmap});
    CHECK(same_bits(estimator.estimate(picture.image(), test_boxes()), expected));
    CHECK(estimator.keypoint_names()[16] == "R_Ankle");
  }
}

TEST_CASE("storing weights as bf16 nearly halves the file and changes the result only a little") {
  const TemporaryFolder folder;
  convert(plain_model(), folder / "f32");
  convert(plain_model(), folder / "bf16", {.storage = Storage::kBf16});
  CHECK(file_size(folder / "bf16") < file_size(folder / "f32") * 7 / 10);
  const auto estimator = PoseEstimator::load(folder / "bf16");
  CHECK(estimator.storage() == "bf16");
  const TestPicture picture;
  const Tensor pixel_values = estimator.preprocess(picture.image(), test_boxes());
  const Tensor rounded = estimator.forward(pixel_values);
  const Tensor exact = PoseEstimator::load(plain_model()).forward(pixel_values);
  float largest = 0;
  for (std::size_t i = 0; i < exact.values.size(); ++i) {
    largest = std::max(largest, std::abs(exact.values[i] - rounded.values[i]));
  }
  CHECK(largest > 0);
  CHECK(largest < 0.2f);
}

TEST_CASE("a conversion that cannot be written leaves nothing behind") {
  const TemporaryFolder folder;
  check_refused(ErrorCode::kIo, {"missing/packed"}, [&] { convert(plain_model(), folder / "missing/packed"); });
  check_refused(ErrorCode::kIo, {"/dev/full"}, [] { convert(plain_model(), "/dev/full"); });
  check_refused(ErrorCode::kIo, {"nowhere"}, [&] { convert(folder / "nowhere", folder / "packed"); });
  CHECK(folder.count() == 0);
}

#include <cmath>
#include <filesystem>
#include <limits>

#include "io/npy.h"
#include "tests/cli/cli_support.h"

using namespace vitpose::test;
namespace engine = vitpose::engine;

namespace {

std::string pose_list(const std::string& json) {
  const std::size_t first = json.find("\"poses\"");
  REQUIRE(first != std::string::npos);
  return json.substr(first);
}

}  // namespace

TEST_CASE("run equals preprocess, forward and decode one after the other, bit for bit") {
  const TemporaryFolder folder;
  const std::vector<std::string> boxes{"--box", "10,5,30,40", "--box", "3.25,4.75,50.1,20.9"};
  const auto with_boxes = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), boxes.begin(), boxes.end());
    return arguments;
  };
  succeed(with_boxes({"preprocess", "a.png", "-o", folder / "pixels.npy"}));
  CHECK(read_f32(folder / "pixels.npy").shape() == engine::Shape{2, 3, 256, 192});
  for (const std::string& model : {plain_model(), expert_model()}) {
    succeed({"forward", model, folder / "pixels.npy", "--expert", "1,2", "-o", folder / "heatmaps.npy"});
    CHECK(read_f32(folder / "heatmaps.npy").shape() == engine::Shape{2, 17, 64, 48});
    const std::string staged = succeed(with_boxes({"decode", folder / "heatmaps.npy"}));
    engine::testing::write_file(folder / "boxes.json", R"([
      {"file_name": "a.png", "bbox": [10, 5, 30, 40], "expert": 1},
      {"file_name": "a.png", "bbox": [3.25, 4.75, 50.1, 20.9], "expert": 2}])");
    const std::string run = succeed({"run", model, "a.png", "--boxes", folder / "boxes.json"});
    CHECK(pose_list(run) == pose_list(staged));
  }
}

TEST_CASE("preprocess takes the whole picture without a box, and knows the numerics modes") {
  const TemporaryFolder folder;
  succeed({"preprocess", "b.png", "-o", folder / "whole.npy"});
  succeed({"preprocess", "b.png", "--box", "0,0,50,70", "-o", folder / "box.npy"});
  succeed({"preprocess", "b.png", "--numerics", "hf5", "-o", folder / "hf5.npy"});
  CHECK(same_bits(read_f32(folder / "whole.npy"), read_f32(folder / "box.npy")));
  CHECK_FALSE(same_bits(read_f32(folder / "whole.npy"), read_f32(folder / "hf5.npy")));
  succeed({"compare", folder / "whole.npy", folder / "hf5.npy", "--atol", "2.4e-7"});
}

TEST_CASE("hidden states are written one file per stage") {
  const TemporaryFolder folder;
  succeed({"preprocess", "a.png", "-o", folder / "pixels.npy"});
  succeed({"forward", plain_model(), folder / "pixels.npy", "--hidden-states", folder / "states", "-o",
           folder / "heatmaps.npy"});
  for (const char* name : {"hidden_state_00.npy", "hidden_state_01.npy", "hidden_state_02.npy"}) {
    CHECK(read_f32(folder / (std::string("states/") + name)).shape() == engine::Shape{1, 192, 32});
  }
  CHECK_FALSE(std::filesystem::exists(folder / "states/hidden_state_03.npy"));
}

TEST_CASE("a converted file and a file with one expert kept give the same heatmaps") {
  const TemporaryFolder folder;
  succeed({"preprocess", "a.png", "-o", folder / "pixels.npy"});
  const auto heatmaps = [&](const std::string& model, const std::vector<std::string>& flags) {
    std::vector<std::string> arguments{"forward", model, folder / "pixels.npy", "-o", folder / "heatmaps.npy"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    succeed(arguments);
    return read_f32(folder / "heatmaps.npy");
  };
  succeed({"convert", plain_model(), folder / "packed"});
  CHECK(same_bits(heatmaps(folder / "packed", {}), heatmaps(plain_model(), {})));
  CHECK(same_bits(heatmaps(folder / "packed", {"--no-mmap"}), heatmaps(plain_model(), {})));
  succeed({"convert", expert_model(), folder / "alone", "--expert", "2"});
  CHECK(same_bits(heatmaps(folder / "alone", {}), heatmaps(expert_model(), {"--expert", "2"})));
  succeed({"convert", plain_model(), folder / "half", "--dtype", "bf16"});
  CHECK(succeed({"info", folder / "half"}).find("weights       bf16") != std::string::npos);
}

TEST_CASE("decode prints numbers that read back to the same bits, and null for what is no number") {
  const TemporaryFolder folder;
  engine::Tensor heatmaps(engine::DType::kF32, {1, 3, 64, 48});
  float* values = heatmaps.data<float>();
  for (engine::Index i = 0; i < heatmaps.count(); ++i) values[i] = static_cast<float>(i % 97) * 1e-4f;
  values[30 * 48 + 20] = 0.1f + 0.7f;  // 0.8000001 in f32
  values[64 * 48 + 5] = std::numeric_limits<float>::quiet_NaN();
  values[2 * 64 * 48 + 7] = std::numeric_limits<float>::infinity();
  engine::write_npy(folder / "heatmaps.npy", engine::DType::kF32, heatmaps.shape(), values);
  const Json root = parse(succeed({"decode", folder / "heatmaps.npy", "--box", "0.1,0.2,33.3,44.4"}));
  const Json& pose = root.at("images").as_array()[0].at("poses").as_array()[0];
  CHECK(pose.at("box").as_array()[2].as_number() == 33.3);
  const auto& scores = pose.at("scores").as_array();
  CHECK(to_f32(scores[0]) == 0.1f + 0.7f);
  CHECK(scores[1].is_null());
  CHECK(scores[2].is_null());
}

TEST_CASE("decode takes a threshold and a kernel size") {
  const TemporaryFolder folder;
  succeed({"preprocess", "a.png", "-o", folder / "pixels.npy"});
  succeed({"forward", plain_model(), folder / "pixels.npy", "-o", folder / "heatmaps.npy"});
  const std::vector<std::string> base{"decode", folder / "heatmaps.npy", "--box", "0,0,80,60"};
  const auto with = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), base.begin(), base.end());
    return succeed(flags);
  };
  CHECK(with({"--kernel-size", "11"}) == with({}));
  CHECK(with({"--kernel-size", "3"}) != with({}));
  CHECK(with({"--threshold", "1000"}).find("\"keypoints\":[],\"scores\":[],\"labels\":[]") != std::string::npos);
  check_fails(1, {"decode", folder / "heatmaps.npy", "--box", "0,0,1,1", "--kernel-size", "0"}, {"kernel"});
}

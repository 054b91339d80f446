// convert --calibrate: pictures and boxes that int4 is fitted to.
#include <filesystem>

#include "tests/cli/cli_support.h"

using namespace vitpose::test;
using vitpose::engine::Index;
using vitpose::engine::Tensor;

namespace {

// Boxes of a.png for experts 0 and 2, of b.png for expert 2.
std::string write_boxes(const TemporaryFolder& folder) {
  const std::string path = folder / "boxes.json";
  vitpose::engine::testing::write_file(path, R"([{"file_name": "a.png", "bbox": [5, 5, 40, 50], "expert": 0},
    {"file_name": "a.png", "bbox": [30, 0, 50, 60], "expert": 2},
    {"file_name": "b.png", "bbox": [0, 0, 50, 70], "expert": 2}])");
  return path;
}

double squared_distance(const Tensor& a, const Tensor& b) {
  double sum = 0.0;
  for (Index i = 0; i < a.count(); ++i) {
    const double difference = a.data<float>()[i] - b.data<float>()[i];
    sum += difference * difference;
  }
  return sum;
}

// The command succeeds and tells how many crops it took.
void check_fitted(std::vector<std::string> arguments, const std::string& crops) {
  arguments.insert(arguments.end(), {"--dtype", "int4", "-v"});
  const Finished finished = vitpose::test::vitpose(arguments);
  CHECK(finished.exit_code == 0);
  CHECK(finished.err.find("fitted to " + crops + "\n") != std::string::npos);
}

}  // namespace

TEST_CASE("pictures and their boxes fit int4 to them") {
  const TemporaryFolder folder;
  check_fitted({"convert", expert_model(), folder / "fitted", "--calibrate", "a.png", "--calibrate", "b.png", "--boxes",
                write_boxes(folder)},
               "3 crops");
  CHECK(succeed({"info", folder / "fitted"}).find("weights       int4") != std::string::npos);
  succeed({"convert", expert_model(), folder / "nearest", "--dtype", "int4"});
  succeed({"preprocess", "b.png", "-o", folder / "pixels.npy"});
  const auto heatmaps = [&](const std::string& model) {
    succeed({"forward", model, folder / "pixels.npy", "--expert", "2", "-o", folder / "heatmaps.npy"});
    return read_f32(folder / "heatmaps.npy");
  };
  const Tensor exact = heatmaps(expert_model());
  CHECK(squared_distance(heatmaps(folder / "fitted"), exact) <
        0.5 * squared_distance(heatmaps(folder / "nearest"), exact));
}

TEST_CASE("one expert alone is fitted to the boxes that name it, or to all where none is named") {
  const TemporaryFolder folder;
  const std::string boxes = write_boxes(folder);
  check_fitted(
      {"convert", expert_model(), folder / "one", "--expert", "0", "--calibrate", picture_folder(), "--boxes", boxes},
      "1 crop");
  check_fitted({"convert", expert_model(), folder / "whole", "--expert", "0", "--calibrate", picture_folder()},
               "3 crops");
  check_fitted({"convert", plain_model(), folder / "plain", "--calibrate", "*.png"}, "3 crops");
}

TEST_CASE("of many boxes 256 are used, and not only the first ones") {
  const TemporaryFolder folder;
  const auto boxes_in = [](const std::string& picture) {
    std::string boxes;
    for (int i = 0; i < 300; ++i) {
      boxes += (i > 0 ? ", " : "") + (R"({"file_name": ")" + picture) + R"(", "bbox": [1, 2, 30, )" +
               std::to_string(20 + i % 20) + "]}";
    }
    return boxes;
  };
  const std::string file = folder / "boxes.json";
  const std::vector<std::string> fit{"convert", plain_model(), folder / "many", "--calibrate", "a.png",
                                     "--boxes", file};
  vitpose::engine::testing::write_file(file, "[" + boxes_in("a.png") + "]");
  check_fitted(fit, "256 crops");

  vitpose::engine::testing::write_file(folder / "last.png", "no picture");  // which is noticed if it is read
  vitpose::engine::testing::write_file(file, "[" + boxes_in("a.png") + ", " + boxes_in("last.png") + "]");
  check_fails(1,
              {"convert", plain_model(), folder / "none", "--dtype", "int4", "--calibrate", "a.png", "--calibrate",
               folder / "last.png", "--boxes", file},
              {"last.png"});
}

TEST_CASE("what cannot be fitted to is named, and nothing is written") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  check_fails(2, {"convert", plain_model(), out, "--dtype", "bf16", "--calibrate", "a.png"}, {"--calibrate", "int4"});
  check_fails(2, {"convert", plain_model(), out, "--dtype", "int4", "--boxes", "x.json"}, {"--boxes", "--calibrate"});
  check_fails(1, {"convert", expert_model(), out, "--dtype", "int4", "--calibrate", "a.png"},
              {"a.png", "expert (0 to 2)"});
  check_fails(1, {"convert", plain_model(), out, "--dtype", "int4", "--calibrate", "no.png"}, {"no.png"});
  CHECK_FALSE(std::filesystem::exists(out));
}

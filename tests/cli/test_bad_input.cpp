// Everything that can be wrong with what a user gives: one clear line, exit code 1, no output half written.
#include <filesystem>

#include "io/npy.h"
#include "tests/cli/cli_support.h"

using namespace vitpose::test;
namespace engine = vitpose::engine;
namespace fs = std::filesystem;

namespace {

std::string damaged_model(const TemporaryFolder& folder, const std::string& file, const std::string& content) {
  const std::string model = folder / ("model-" + std::to_string(folder.count()));
  fs::copy(plain_model(), model, fs::copy_options::recursive);
  engine::testing::write_file(model + "/" + file, content);
  return model;
}

// A safetensors file with this header and eight bytes of data.
std::string safetensors(const std::string& header) {
  std::string size(8, '\0');
  for (int i = 0; i < 8; ++i) size[static_cast<std::size_t>(i)] = static_cast<char>(header.size() >> (8 * i));
  return size + header + std::string(8, 'x');
}

}  // namespace

TEST_CASE("models that are missing or damaged are refused") {
  const TemporaryFolder folder;
  const auto refuse = [](const std::string& model, std::initializer_list<std::string_view> parts) {
    check_fails(1, {"run", model, "a.png"}, parts);
  };
  refuse("nowhere", {"nowhere"});
  refuse("a.png", {"a.png"});
  refuse(picture_folder(), {"config.json"});
  refuse(damaged_model(folder, "config.json", "{\"backbone_config\": {"), {"config.json"});
  refuse(damaged_model(folder, "config.json", std::string(100000, '[')), {"config.json"});
  refuse(damaged_model(folder, "config.json", "[]"), {"config.json"});
  refuse(damaged_model(folder, "config.json", R"({"backbone_config": {"hidden_size": -5}})"), {"hidden_size", "-5"});
  refuse(damaged_model(folder, "config.json", R"({"backbone_config": {"hidden_size": "many"}})"), {"hidden_size"});
  refuse(damaged_model(folder, "preprocessor_config.json", "{"), {"preprocessor_config.json"});
  const std::string file = "model.safetensors";
  refuse(damaged_model(folder, file, ""), {file});
  refuse(damaged_model(folder, file, "short"), {file});
  refuse(damaged_model(folder, file, std::string(8, '\xff')), {file});
  refuse(damaged_model(folder, file, safetensors("{")), {file});
  refuse(damaged_model(folder, file, safetensors("{}")), {file});  // eight bytes that belong to no tensor
  refuse(damaged_model(folder, file, safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})")),
         {file, "backbone."});
  refuse(damaged_model(folder, file, safetensors(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})")),
         {file, ": a: "});
  refuse(damaged_model(folder, file, safetensors(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})")),
         {file, "a"});
  refuse(damaged_model(folder, file, safetensors(R"({"a":{"dtype":"X9","shape":[2],"data_offsets":[0,8]}})")),
         {file, "X9"});
}

TEST_CASE("pictures that are missing, no pictures or too large are refused") {
  const TemporaryFolder folder;
  engine::testing::write_file(folder / "empty.png", "");
  engine::testing::write_file(folder / "words.jpg", "these are words");
  const std::string png = engine::testing::read_file(picture_folder() + "/a.png");
  engine::testing::write_file(folder / "cut.png", png.substr(0, png.size() / 2));
  for (const char* name : {"nowhere.png", "empty.png", "words.jpg", "cut.png"}) {
    check_fails(1, {"run", plain_model(), folder / name}, {name});
    check_fails(1, {"preprocess", folder / name, "-o", folder / "pixels.npy"}, {name});
  }
  check_fails(1, {"run", plain_model(), "a.png", "--max-pixels", "4799"}, {"a.png", "4799"});
  succeed({"run", plain_model(), "a.png", "--max-pixels", "4800"});
  CHECK_FALSE(fs::exists(folder / "pixels.npy"));
}

TEST_CASE("boxes that give no crop are refused; one zero or negative extent has a defined result") {
  for (const char* box : {"nan,0,10,10", "0,inf,10,10", "0,0,0,0", "0,0,1e39,10", "5,5,-5,0"}) {
    check_fails(1, {"run", plain_model(), "a.png", std::string("--box=") + box}, {"box"});
  }
  for (const char* box : {"5,5,0,10", "5,5,10,0", "50,50,-20,-20", "1000,1000,5,5", "-500,3,5,5"}) {
    succeed({"run", plain_model(), "a.png", std::string("--box=") + box});
  }
}

TEST_CASE("box files that are missing, malformed or about other pictures are refused") {
  const TemporaryFolder folder;
  const auto refuse = [&](const std::string& content, std::initializer_list<std::string_view> parts) {
    engine::testing::write_file(folder / "boxes.json", content);
    check_fails(1, {"run", plain_model(), "a.png", "b.png", "--boxes", folder / "boxes.json"}, parts);
  };
  check_fails(1, {"run", plain_model(), "a.png", "--boxes", folder / "nowhere.json"}, {"nowhere.json"});
  refuse("", {"boxes.json"});
  refuse("{", {"boxes.json"});
  refuse(std::string(1000, '['), {"boxes.json"});
  refuse("{}", {"boxes.json", "annotations"});
  refuse("7", {"boxes.json"});
  refuse(R"([{"bbox": [1,2,3,4]}])", {"[0]", "file_name or image_id"});
  refuse(R"([{"file_name": "a.png"}])", {"[0]", "bbox"});
  refuse(R"([{"file_name": "a.png", "bbox": [1,2,3]}])", {"[0].bbox", "3"});
  refuse(R"([{"file_name": "a.png", "bbox": [1,2,3,4,0.9]}])", {"[0].bbox", "found 5"});
  refuse(R"([{"file_name": "a.png", "bbox": [1,2,3,"4"]}])", {"[0].bbox[3]"});
  refuse(R"([{"file_name": "a.png", "bbox": [1,2,3,4], "expert": "two"}])", {"[0].expert"});
  refuse(R"([{"file_name": "c.png", "bbox": [1,2,3,4]}])", {"[0].file_name", "c.png"});
  refuse(R"([{"image_id": 12, "bbox": [1,2,3,4]}])", {"[0].image_id", "12"});
}

TEST_CASE("a name that may mean two pictures is refused") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "other");
  fs::copy(picture_folder() + "/a.png", folder / "other/a.png");
  engine::testing::write_file(folder / "boxes.json", R"([{"file_name": "a.png", "bbox": [1,2,3,4]}])");
  check_fails(
      1, {"run", plain_model(), picture_folder() + "/a.png", folder / "other/a.png", "--boxes", folder / "boxes.json"},
      {"a.png", "other"});
  engine::testing::write_file(folder / "boxes.json", R"([{"file_name": "other/a.png", "bbox": [1,2,3,4]}])");
  succeed(
      {"run", plain_model(), picture_folder() + "/a.png", folder / "other/a.png", "--boxes", folder / "boxes.json"});
}

TEST_CASE("experts that the model does not have are refused") {
  check_fails(1, {"run", expert_model(), "a.png", "--expert", "3"}, {"--expert: expected 0 to 2, found 3"});
  check_fails(1, {"run", expert_model(), "a.png", "--expert=-1"}, {"--expert: expected 0 to 2, found -1"});
  check_fails(1, {"convert", expert_model(), "x", "--expert", "3"}, {"expert", "3"});
  CHECK_FALSE(fs::exists(picture_folder() + "/x"));
}

TEST_CASE("arrays of another shape or type are refused") {
  const TemporaryFolder folder;
  const std::vector<float> zeros(17 * 64 * 48);
  engine::write_npy(folder / "heatmaps.npy", engine::DType::kF32, {1, 17, 64, 48}, zeros.data());
  engine::write_npy(folder / "flat.npy", engine::DType::kF32, {17 * 64 * 48}, zeros.data());
  const std::vector<double> wide(3);
  engine::write_npy(folder / "wide.npy", engine::DType::kF64, {3}, wide.data());
  engine::testing::write_file(folder / "words.npy", "no array");
  const auto forward = [&](const char* name, std::initializer_list<std::string_view> parts) {
    check_fails(1, {"forward", plain_model(), folder / name, "-o", folder / "out.npy"}, parts);
  };
  forward("heatmaps.npy", {"pixel_values", "3,256,192", "[1,17,64,48]"});
  forward("wide.npy", {"wide.npy", "f32", "f64"});
  forward("words.npy", {"words.npy"});
  forward("nowhere.npy", {"nowhere.npy"});
  const auto decode = [&](const char* name, std::initializer_list<std::string_view> parts) {
    check_fails(1, {"decode", folder / name, "--box", "1,2,3,4", "-o", folder / "out.json"}, parts);
  };
  decode("flat.npy", {"heatmaps", "52224"});
  decode("wide.npy", {"wide.npy", "f64"});
  check_fails(1, {"decode", folder / "heatmaps.npy", "--box", "1,2,3,4", "--box", "1,2,3,4"}, {"1", "2"});
  CHECK_FALSE(fs::exists(folder / "out.npy"));
  CHECK_FALSE(fs::exists(folder / "out.json"));
}

TEST_CASE("an output that cannot be written is an error and leaves nothing behind") {
  const TemporaryFolder folder;
  succeed({"preprocess", "a.png", "-o", folder / "pixels.npy"});
  succeed({"forward", plain_model(), folder / "pixels.npy", "-o", folder / "heatmaps.npy"});
  const std::size_t files = folder.count();
  for (const std::string& output : {folder / "missing/out", std::string("/dev/full"), folder.path()}) {
    check_fails(1, {"run", plain_model(), "a.png", "-o", output}, {output});
    check_fails(1, {"preprocess", "a.png", "-o", output}, {output});
    check_fails(1, {"forward", plain_model(), folder / "pixels.npy", "-o", output}, {output});
    check_fails(1, {"decode", folder / "heatmaps.npy", "--box", "1,2,3,4", "-o", output}, {output});
    check_fails(1, {"convert", plain_model(), output}, {output});
  }
  CHECK(folder.count() == files);
}

TEST_CASE("a failing run leaves an existing output file as it was") {
  const TemporaryFolder folder;
  engine::testing::write_file(folder / "poses.json", "kept");
  check_fails(1, {"run", plain_model(), "nowhere.png", "-o", folder / "poses.json"}, {"nowhere.png"});
  CHECK(engine::testing::read_file(folder / "poses.json") == "kept");
  CHECK(folder.count() == 1);
}

TEST_CASE("results never replace what they are made from") {
  const TemporaryFolder folder;
  fs::copy(picture_folder() + "/a.png", folder / "a.png");
  fs::create_symlink("a.png", folder / "link");
  engine::testing::write_file(folder / "boxes.json", R"([{"file_name": "a.png", "bbox": [1,2,30,40]}])");
  succeed({"convert", plain_model(), folder / "model"});
  for (const char* name : {"a.png", "link", "boxes.json", "model"}) {
    const std::string before = engine::testing::read_file(folder / name);
    for (const char* format : {"json", "jsonl"}) {
      check_fails(1,
                  {"run", folder / "model", folder / "a.png", "--boxes", folder / "boxes.json", "--format", format,
                   "-o", folder / name},
                  {folder / name, "another file"});
    }
    CHECK(engine::testing::read_file(folder / name) == before);
  }
}

TEST_CASE("a backend or instruction set that is known but not for this is refused") {
  check_fails(1, {"info", plain_model(), "--backend", "reference", "--isa", "scalar"}, {"reference", "isa"});
}

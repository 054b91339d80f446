#include <sstream>

#include "tests/cli/cli_support.h"

using namespace vitpose::test;

namespace {

const std::vector<const char*> kKeys{"dtype",           "backend",         "isa",
                                     "threads",         "batch",           "ms_per_crop_median",
                                     "ms_per_crop_min", "first_result_ms", "peak_rss_mb"};

}  // namespace

TEST_CASE("bench tells its figures as one line of JSON") {
  const std::string line =
      succeed({"bench", plain_model(), "--batch", "2", "--reps", "3", "--threads", "1", "--isa", "scalar", "--json"});
  CHECK(line.find('\n') == line.size() - 1);
  const Json figures = parse(line);
  for (const char* key : kKeys) CHECK_MESSAGE(figures.find(key) != nullptr, key);
  CHECK(figures.at("dtype").as_string() == "f32");
  CHECK(figures.at("backend").as_string() == "native");
  CHECK(figures.at("isa").as_string() == "scalar");
  CHECK(figures.at("threads").as_integer() == 1);
  CHECK(figures.at("batch").as_integer() == 2);
  CHECK(figures.at("ms_per_crop_min").as_number() > 0);
  CHECK(figures.at("ms_per_crop_median").as_number() >= figures.at("ms_per_crop_min").as_number());
  CHECK(figures.at("first_result_ms").as_number() > 0);
  CHECK(figures.at("peak_rss_mb").as_integer() > 1);
}

TEST_CASE("--dtype bf16 and int8 are used and told; a CPU without it must be asked to emulate") {
  const Json figures = parse(
      succeed({"bench", plain_model(), "--reps", "1", "--isa", "scalar", "--dtype", "bf16", "--emulate", "--json"}));
  CHECK(figures.at("dtype").as_string() == "bf16");
  CHECK(figures.at("isa").as_string() == "emulated");
  const TemporaryFolder folder;
  succeed({"convert", plain_model(), folder / "int8", "--dtype", "int8"});
  const Json bytes =
      parse(succeed({"bench", folder / "int8", "--reps", "1", "--isa", "scalar", "--emulate", "--json"}));
  CHECK(bytes.at("dtype").as_string() == "int8");
  CHECK(bytes.at("storage").as_string() == "int8");
  succeed({"convert", plain_model(), folder / "int4", "--dtype", "int4"});
  CHECK(succeed({"info", folder / "int4"}).find("weights       int4") != std::string::npos);
  const Json native = parse(succeed({"bench", folder / "int8", "--reps", "1", "--isa", "scalar", "--json"}));
  CHECK(native.at("isa").as_string() == "scalar");
  CHECK(native.at("float_parts").as_string() == "f32");
  check_fails(1, {"bench", folder / "int8", "--isa", "scalar", "--float-parts", "bf16"}, {"bf16", "scalar", "f32"});
  check_fails(2, {"bench", plain_model(), "--float-parts", "int8"}, {"--float-parts", "int8", "bf16"});
  check_fails(1, {"bench", plain_model(), "--isa", "scalar", "--dtype", "bf16"}, {"bf16", "scalar", "expected"});
  check_fails(2, {"bench", plain_model(), "--dtype", "f16"}, {"--dtype", "f16", "bf16"});
}

TEST_CASE("bench --profile tells where the time of a forward goes, in every arithmetic") {
  for (const char* dtype : {"f32", "bf16", "int8", "int4"}) {
    const std::string text = succeed({"bench", expert_model(), "--profile", "--reps", "2", "--isa", "scalar",
                                      "--threads", "1", "--dtype", dtype, "--emulate"});
    for (const char* part : {"native/", "attention", "layer norm", "linear 32 to 96", "patch embedding", "GFLOP/s",
                             "all", "matrix products", "attention's products", "everything else"}) {
      INFO(text);
      CHECK(text.find(part) != std::string::npos);
    }
  }
  check_fails(1, {"bench", plain_model(), "--profile", "--parallel", "crops"}, {"--profile", "ops", "crops"});
  check_fails(2, {"bench", plain_model(), "--profile", "--json"}, {"--profile", "--json"});
  check_fails(1, {"bench", plain_model(), "--profile", "--isa", "scalar", "--dtype", "bf16"}, {"bf16", "scalar"});
}

TEST_CASE("bench times the pipeline and its other stages on request") {
  const Json figures = parse(succeed({"bench", expert_model(), "--reps", "2", "--pipeline", "--json"}));
  for (const char* key : {"pipeline_ms_per_crop_median", "preprocess_ms_per_crop_min", "decode_ms_per_crop_median"}) {
    CHECK(figures.at(key).as_number() > 0);
  }
  const std::string text = succeed({"bench", plain_model(), "--reps", "1", "--backend", "reference"});
  for (const char* key : kKeys) CHECK(text.find(key) != std::string::npos);
  CHECK(text.find("reference") != std::string::npos);
}

TEST_CASE("bench as a server runs a round for every line it reads") {
  const std::string out = succeed({"bench", plain_model(), "--reps", "1", "--serve"}, "\n2\n");
  std::istringstream stream(out);
  std::string line;
  std::getline(stream, line);
  CHECK(line == "ready");
  int rounds = 0;
  while (std::getline(stream, line)) {
    CHECK(parse(line).at("batch").as_integer() == 1);
    ++rounds;
  }
  CHECK(rounds == 2);
  const Finished refused = vitpose::test::vitpose({"bench", plain_model(), "--reps", "1", "--serve"}, "0\n");
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("number of repetitions, found '0'") != std::string::npos);
}

TEST_CASE("info tells the model's shape, experts, storage and keypoints") {
  const std::string info = succeed({"info", expert_model()});
  for (const char* part : {"hidden size 32, 2 layers, 2 heads", "3, 8 of 32 features", "simple", "256 x 192", "f32",
                           "native/", "  0 Nose", " 16 R_Ankle"}) {
    CHECK_MESSAGE(info.find(part) != std::string::npos, part);
  }
}

TEST_CASE("cpu tells instruction sets, backends and the JPEG decoder") {
  const std::string cpu = succeed({"cpu"});
  CHECK(cpu.find("emulated") != std::string::npos);
  for (const char* part : {"processor", "scalar", "native reference", "JPEG decoder"}) {
    CHECK_MESSAGE(cpu.find(part) != std::string::npos, part);
  }
}

TEST_CASE("cpu --peak measures what the kernels of each instruction set could reach") {
  const std::string one = succeed({"cpu", "--peak", "--threads", "1"});
  INFO(one);
  const bool has_vectors = one.find("avx2") != std::string::npos;
  CHECK((one.find("peak          f32   avx2") != std::string::npos) == has_vectors);
  CHECK((one.find("GFLOP/s, 1 thread\n") != std::string::npos) == has_vectors);
  CHECK(one.find(" 0 GFLOP/s") == std::string::npos);
  CHECK(succeed({"cpu"}).find("GFLOP/s") == std::string::npos);
  check_fails(2, {"cpu", "--threads", "1"}, {"--threads", "--peak"});
}

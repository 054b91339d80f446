#include "tests/cli/cli_support.h"

using namespace vitpose::test;

TEST_CASE("the version and the help go to standard output") {
  CHECK(succeed({"--version"}) == "vitpose " VITPOSE_VERSION "\n");
  const std::string help = succeed({"--help"});
  for (const char* command : {"run", "preprocess", "forward", "decode", "compare", "convert", "bench", "info", "cpu"}) {
    CHECK(help.find(std::string("\n  ") + command + " ") != std::string::npos);
    CHECK(succeed({command, "--help"}).find("Usage: vitpose") != std::string::npos);
  }
}

TEST_CASE("a command line that makes no sense is a usage error: exit code 2 and one line") {
  const std::string model = plain_model();
  check_fails(2, {}, {"--help"});
  check_fails(2, {"frobnicate"}, {"frobnicate"});
  check_fails(2, {"--frobnicate"}, {"--frobnicate"});
  check_fails(2, {"run"}, {"MODEL"});
  check_fails(2, {"run", model}, {"IMAGE"});
  check_fails(2, {"run", model, "a.png", "--frobnicate"}, {"--frobnicate"});
  check_fails(2, {"run", model, "a.png", "--box", "1,2,3"}, {"--box", "x,y,w,h", "1,2,3"});
  check_fails(2, {"run", model, "a.png", "--box", "1,2,3,4,5"}, {"--box"});
  check_fails(2, {"run", model, "a.png", "--box", "1,2,3,four"}, {"--box", "four"});
  check_fails(2, {"run", model, "a.png", "--box"}, {"--box"});
  check_fails(2, {"run", model, "a.png", "--box", "1,2,3,4", "--boxes", "b.json"}, {"--box", "--boxes"});
  for (const char* option : {"--boxes", "--draw", "--draw-heatmaps", "--keypoint-set"}) {
    check_fails(2, {"run", model, "a.png", option, ""}, {option, "found ''"});
  }
  check_fails(2, {"run", model, "a.png", "--format", "yaml"}, {"--format", "yaml", "jsonl"});
  check_fails(2, {"run", model, "a.png", "--isa", "sse9"}, {"--isa", "sse9", "avx2"});
  check_fails(2, {"run", model, "a.png", "--backend", "tpu"}, {"--backend", "tpu", "native"});
  check_fails(2, {"run", model, "a.png", "--numerics", "hf6"}, {"--numerics", "hf6"});
  check_fails(2, {"run", model, "a.png", "--warp-matrix", "numpy3"}, {"--warp-matrix", "numpy3"});
  check_fails(2, {"run", model, "a.png", "--threads", "-1"}, {"--threads"});
  check_fails(2, {"run", model, "a.png", "--threads", "two"}, {"--threads", "two"});
  check_fails(2, {"run", model, "a.png", "--parallel", "rows"}, {"--parallel", "rows", "crops"});
  check_fails(2, {"run", model, "a.png", "--batch", "0"}, {"--batch"});
  check_fails(2, {"run", model, "a.png", "--expert", "one"}, {"--expert", "one"});
  check_fails(2, {"run", model, "a.png", "--threshold", "high"}, {"--threshold", "high"});
  check_fails(2, {"run", model, "a.png", "--threshold", "nan"}, {"--threshold", "nan"});
  check_fails(2, {"run", model, "a.png", "--draw", "x.png", "--draw-threshold", "nan"}, {"--draw-threshold", "nan"});
  check_fails(2, {"run", model, "a.png", "--max-pixels", "0"}, {"--max-pixels"});
  check_fails(2, {"run", model, "--raw", "80x60", "a.png"}, {"--raw", "IMAGE"});
  for (const char* size : {"80", "80x", "x60", "0x60", "80x-1", "80x60x3", "80X60", "99999999999x1", " 80x60"}) {
    check_fails(2, {"run", model, "--raw", size}, {"--raw", "WxH", size});
  }
  check_fails(2, {"run", model, "a.png", "--fps", "25"}, {"--fps", "--smooth"});
  for (const char* rate : {"0", "-1", "nan", "inf", "1e7", "fast"}) {
    check_fails(2, {"run", model, "a.png", "--smooth", std::string("--fps=") + rate}, {"--fps", rate});
  }
  check_fails(2, {"run", model, "a.png", "--resume"}, {"--resume", "jsonl", "-o"});
  check_fails(2, {"run", model, "a.png", "--resume", "--format", "jsonl"}, {"--resume", "-o"});
  check_fails(2, {"run", model, "a.png", "--resume", "-o", "x"}, {"--resume", "jsonl"});
  check_fails(2, {"run", model, "--raw", "80x60", "--resume", "-o", "x"}, {"--resume", "--raw"});
  check_fails(2, {"run", model, "a.png", "--resume", "--format", "jsonl", "-o", "x", "--smooth"}, {"--smooth"});
  check_fails(2, {"run", model, "a.png", "-q", "-v"}, {"--quiet", "--verbose"});
  check_fails(2, {"preprocess", "a.png"}, {"--output"});
  check_fails(2, {"forward", model, "x.npy"}, {"--output"});
  check_fails(2, {"decode", "x.npy"}, {"--box"});
  check_fails(2, {"compare", "x.npy"}, {"B"});
  check_fails(2, {"compare", "x.npy", "y.npy", "--atol", "-1"}, {"--atol"});
  check_fails(2, {"convert", model}, {"DST"});
  check_fails(2, {"convert", model, "x", "--dtype", "f64"}, {"--dtype", "f64"});
  check_fails(2, {"bench", model, "--reps", "0"}, {"--reps"});
}

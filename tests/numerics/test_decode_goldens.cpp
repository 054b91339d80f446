// Decoding against transformers' own, by digest (make_goldens.py).
#include <doctest/doctest.h>

#include "core/error.h"
#include "model/decode.h"
#include "tests/numerics/golden_inputs.h"

namespace vitpose::engine {
namespace {

struct GoldenDecode {
  golden::HeatmapCase maps;
  int kernel_size;
  std::string threshold;
  std::uint64_t box_seed;
  std::string maps_digest;
  std::string mode;
  std::string expected;  // the rest of the line: four digests, or "error"
};

GoldenDecode parse(const std::string& line) {
  std::istringstream fields(line);
  GoldenDecode golden;
  golden::HeatmapCase& maps = golden.maps;
  fields >> maps.kind >> maps.seed >> maps.n >> maps.k >> maps.h >> maps.w >> golden.kernel_size >> golden.threshold >>
      golden.box_seed >> golden.maps_digest >> golden.mode;
  std::getline(fields >> std::ws, golden.expected);
  return golden;
}

std::string digests(const std::vector<DecodedPose>& poses) {
  std::vector<float> keypoints, scores, boxes;
  std::vector<std::int64_t> labels;
  for (const DecodedPose& pose : poses) {
    keypoints.insert(keypoints.end(), pose.keypoints.begin(), pose.keypoints.end());
    scores.insert(scores.end(), pose.scores.begin(), pose.scores.end());
    labels.insert(labels.end(), pose.labels.begin(), pose.labels.end());
    boxes.insert(boxes.end(), pose.bbox.begin(), pose.bbox.end());
  }
  return golden::digest(keypoints) + " " + golden::digest(scores) + " " + golden::digest(labels) + " " +
         golden::digest(boxes);
}

std::string digests_of(const GoldenDecode& golden, const std::vector<float>& maps, ThreadPool* pool) {
  DecodeOptions options{.kernel_size = golden.kernel_size, .hf_exact = golden.mode == "hf_exact"};
  if (golden.threshold != "-") options.threshold = golden::parse_double(golden.threshold);
  const std::vector<Box> boxes = golden::boxes(golden.box_seed, golden.maps.n);
  try {
    return digests(decode({maps.data(), golden.maps.shape()}, boxes, 256, 192, options, pool));
  } catch (const Error& error) {
    return error.code() == ErrorCode::kInvalidArgument ? "error" : error.what();
  }
}

TEST_CASE("decoded poses have the bits of transformers, without and with its known bugs") {
  ThreadPool pool(2);
  std::string made;
  std::vector<float> maps;
  for (const std::string& line : golden::lines("decode.txt")) {
    const GoldenDecode golden = parse(line);
    CAPTURE(line);
    if (made != golden.maps_digest) {
      maps = golden::heatmaps(golden.maps);
      made = golden.maps_digest;
      REQUIRE(golden::digest(maps) == golden.maps_digest);
    }
    CHECK(digests_of(golden, maps, nullptr) == golden.expected);
    CHECK(digests_of(golden, maps, &pool) == golden.expected);
  }
}

TEST_CASE("the goldens hold cases in which the known bugs show") {
  int different = 0;
  std::string default_result;
  for (const std::string& line : golden::lines("decode.txt")) {
    const GoldenDecode golden = parse(line);
    if (golden.mode == "default") default_result = golden.expected;
    different += golden.mode == "hf_exact" && golden.expected != default_result;
  }
  CHECK(different >= 10);
}

}  // namespace
}  // namespace vitpose::engine

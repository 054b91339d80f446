#include <array>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/workspace.h"
#include "model/flip.h"
#include "model/keypoint_sets.h"
#include "tests/numerics/golden_inputs.h"

namespace vitpose::engine {
namespace {

TEST_CASE("mirroring reverses every row, and twice is the identity") {
  const std::array<float, 6> values{1, 2, 3, 4, 5, 6};
  std::array<float, 6> mirrored{};
  std::array<float, 6> again{};
  mirror_width({values.data(), Shape{1, 2, 3}}, mirrored.data());
  CHECK(mirrored == std::array<float, 6>{3, 2, 1, 6, 5, 4});
  mirror_width({mirrored.data(), Shape{1, 2, 3}}, again.data());
  CHECK(again == values);
}

TEST_CASE("flipping back mirrors every map and exchanges the pairs") {
  std::vector<float> heatmaps{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};  // two people, three keypoints
  const std::array<FlipPair, 1> pairs{{{1, 2}}};
  Workspace workspace;
  flip_back({heatmaps.data(), Shape{2, 3, 1, 2}}, flip_index_of(pairs, 3), workspace);
  CHECK(heatmaps == std::vector<float>{2, 1, 6, 5, 4, 3, 8, 7, 12, 11, 10, 9});
}

TEST_CASE("a pair that names a keypoint the model lacks is refused") {
  const std::array<FlipPair, 2> pairs{{{0, 1}, {2, -1}}};
  CHECK_THROWS_WITH_AS(flip_index_of(pairs, 3), "flip pairs: expected keypoints from 0 to 2, found -1", Error);
}

TEST_CASE("the flip test averages with exchanged keypoints and mirrored maps") {
  std::array<float, 6> heatmaps{0, 2, 4, 6, 8, 10};        // [1, 3, 1, 2]
  const std::array<float, 6> mirrored{1, 3, 5, 7, 9, 11};  // keypoints 1 and 2 are a pair
  const std::array<int, 3> flip_index{0, 2, 1};
  average_with_mirrored({heatmaps.data(), Shape{1, 3, 1, 2}}, {mirrored.data(), Shape{1, 3, 1, 2}}, flip_index);
  CHECK(heatmaps == std::array<float, 6>{1.5f, 1.5f, 7.5f, 7.5f, 7.5f, 7.5f});
}

TEST_CASE("a network that answers the mirrored crop with mirrored maps is not changed by the flip test") {
  const KeypointSet& set = find_keypoint_set("coco17");
  const golden::HeatmapCase which{"bump", 3, 2, 17, 8, 6};
  const std::vector<float> plain = golden::heatmaps(which);
  std::vector<float> mirrored(plain.size());
  const std::size_t map = 8 * 6;
  for (std::size_t m = 0; m < 2 * 17; ++m) {
    const std::size_t from = m / 17 * 17 + static_cast<std::size_t>(set.flip_index[m % 17]);
    mirror_width({plain.data() + from * map, Shape{8, 6}}, mirrored.data() + m * map);
  }
  std::vector<float> averaged = plain;
  average_with_mirrored({averaged.data(), which.shape()}, {mirrored.data(), which.shape()}, set.flip_index);
  CHECK(averaged == plain);
}

TEST_CASE("mirror pairs for another number of keypoints are refused") {
  std::array<float, 4> maps{};
  const std::array<int, 3> flip_index{0, 2, 1};
  try {
    average_with_mirrored({maps.data(), Shape{1, 2, 1, 2}}, {maps.data(), Shape{1, 2, 1, 2}}, flip_index);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("2 keypoints, found 3") != std::string::npos);
  }
}

}  // namespace
}  // namespace vitpose::engine

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "io/json.h"
#include "model/keypoint_sets.h"

namespace vitpose::engine {
namespace {

const Json& documented_sets() {
  static const Json document = [] {
    std::ifstream file(VITPOSE_SOURCE_DIR "/data/keypoint_sets.json");
    std::ostringstream text;
    text << file.rdbuf();
    return Json::parse(text.str(), "data/keypoint_sets.json");
  }();
  return document.at("sets");
}

std::vector<std::int64_t> numbers(const Json& array) {
  std::vector<std::int64_t> result;
  for (const Json& value : array.as_array()) result.push_back(value.as_integer());
  return result;
}

void check_colours(std::span<const Rgb> colours, const Json& documented) {
  REQUIRE(colours.size() == (documented.is_null() ? 0 : documented.as_array().size()));
  for (std::size_t i = 0; i < colours.size(); ++i) {
    CHECK(numbers(documented.as_array()[i]) ==
          std::vector<std::int64_t>{colours[i].red, colours[i].green, colours[i].blue});
  }
}

void check_edges(std::span<const Edge> edges, const Json& documented) {
  REQUIRE(edges.size() == documented.as_array().size());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    CHECK(numbers(documented.as_array()[i]) == std::vector<std::int64_t>{edges[i].from, edges[i].to});
  }
}

TEST_CASE("the tables say what data/keypoint_sets.json says") {
  REQUIRE(documented_sets().as_object().size() == keypoint_sets().size());
  for (const auto& [name, documented] : documented_sets().as_object()) {
    const KeypointSet& set = find_keypoint_set(name);
    CAPTURE(set.name);
    CHECK(set.title == documented.at("title").as_string());
    const std::vector<Json>& names = documented.at("names").as_array();
    REQUIRE(set.keypoint_names.size() == names.size());
    for (std::size_t k = 0; k < names.size(); ++k) CHECK(set.keypoint_names[k] == names[k].as_string());
    for (const Json& pair : documented.at("flip_pairs").as_array()) {
      const std::vector<std::int64_t> ends = numbers(pair);
      CHECK(set.flip_index[static_cast<std::size_t>(ends[0])] == ends[1]);
    }
    check_edges(set.edges, documented.at("edges"));
    check_colours(set.keypoint_colours, documented.at("keypoint_colours"));
    check_colours(set.edge_colours, documented.at("edge_colours"));
    const Json& sigmas = documented.at("sigmas");
    REQUIRE(set.sigmas.size() == (sigmas.is_null() ? 0 : sigmas.as_array().size()));
    for (std::size_t k = 0; k < set.sigmas.size(); ++k) CHECK(set.sigmas[k] == sigmas.as_array()[k].as_number());
  }
}

TEST_CASE("mirroring keypoints twice is the identity in every set, and as many move as the pairs say") {
  for (const auto& [name, documented] : documented_sets().as_object()) {
    const KeypointSet& set = find_keypoint_set(name);
    CAPTURE(set.name);
    REQUIRE(set.flip_index.size() == set.keypoint_names.size());
    std::size_t moved = 0;
    for (std::size_t k = 0; k < set.flip_index.size(); ++k) {
      const auto other = static_cast<std::size_t>(set.flip_index[k]);
      REQUIRE(other < set.flip_index.size());
      CHECK(set.flip_index[other] == static_cast<int>(k));
      moved += other != k;
    }
    CHECK(moved == 2 * documented.at("flip_pairs").as_array().size());
  }
}

TEST_CASE("edges join keypoints of their set") {
  for (const KeypointSet& set : keypoint_sets()) {
    const auto count = static_cast<int>(set.keypoint_names.size());
    for (const Edge& edge : set.edges) {
      CHECK((edge.from >= 0 && edge.from < count && edge.to >= 0 && edge.to < count && edge.from != edge.to));
    }
    CHECK((set.edge_colours.empty() || set.edge_colours.size() == set.edges.size()));
    CHECK((set.keypoint_colours.empty() || set.keypoint_colours.size() == set.keypoint_names.size()));
  }
}

TEST_CASE("a set is found by name, by number of keypoints and by expert") {
  CHECK(find_keypoint_set("wholebody133").keypoint_names[91] == "left_hand_root");
  CHECK(default_keypoint_set(17)->name == "coco17");
  CHECK(default_keypoint_set(133)->name == "wholebody133");
  CHECK(default_keypoint_set(52)->name == "synthpose52");
  CHECK(default_keypoint_set(14)->name == "aic14");
  CHECK(default_keypoint_set(2) == nullptr);
  CHECK(keypoint_set_of_dataset(0)->name == "coco17");
  CHECK(keypoint_set_of_dataset(4)->name == "ap10k17");
  CHECK(keypoint_set_of_dataset(5)->name == "wholebody133");
  CHECK(keypoint_set_of_dataset(6) == nullptr);
  CHECK(keypoint_set_of_dataset(-1) == nullptr);
}

TEST_CASE("an unknown set is refused with the known names") {
  try {
    (void)find_keypoint_set("coco18");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(std::string(error.what()).find("coco17, aic14") != std::string::npos);
    CHECK(std::string(error.what()).find("'coco18'") != std::string::npos);
  }
}

}  // namespace
}  // namespace vitpose::engine

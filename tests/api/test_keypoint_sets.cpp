#include <algorithm>

#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

// The tiny model with `entry` added to its config.json.
PoseEstimator load_with(const TemporaryFolder& folder, RandomModelOptions options, const std::string& entry) {
  tools::write_random_model(folder / "model", options);
  std::string config = engine::testing::read_file(folder / "model/config.json");
  config.insert(config.find('{') + 1, entry);
  engine::testing::write_file(folder / "model/config.json", config);
  return PoseEstimator::load(folder / "model");
}

}  // namespace

TEST_CASE("the keypoint sets are consistent in themselves") {
  const std::vector<KeypointSet> sets = keypoint_sets();
  REQUIRE(sets.size() == 8);
  for (const KeypointSet& set : sets) {
    CAPTURE(set.name);
    CHECK(find_keypoint_set(set.name).title == set.title);
    CHECK_FALSE(set.title.empty());
    const std::size_t count = set.keypoint_names.size();
    CHECK(count >= 14);
    CHECK(set.keypoint_colours.size() == count);
    CHECK(set.edge_colours.size() == set.edges.size());
    CHECK((set.sigmas.empty() || set.sigmas.size() == count));
    REQUIRE(set.mirror_index.size() == count);
    for (std::size_t k = 0; k < count; ++k) {
      CHECK(set.mirror_index[static_cast<std::size_t>(set.mirror_index[k])] == static_cast<int>(k));
    }
    for (const Edge& edge : set.edges) {
      CHECK(std::max(edge.from, edge.to) < static_cast<int>(count));
      CHECK(std::min(edge.from, edge.to) >= 0);
    }
  }
}

TEST_CASE("COCO's set says what COCO says") {
  const KeypointSet coco = find_keypoint_set("coco17");
  CHECK(coco.title == "COCO body, also OCHuman");
  CHECK(coco.keypoint_names[0] == "nose");
  CHECK(coco.keypoint_names[16] == "right_ankle");
  CHECK(coco.mirror_index[5] == 6);
  CHECK(coco.mirror_index[0] == 0);
  CHECK(coco.sigmas[11] == 0.107);
  CHECK(coco.edges.size() == 19);
  CHECK(coco.edges[0].from == 15);
  CHECK(coco.edges[0].to == 13);
  CHECK(coco.edge_colours[0].green == 255);
  CHECK(coco.keypoint_colours[6].blue == 255);
}

TEST_CASE("an unknown set is refused with the names of those there are") {
  check_refused(ErrorCode::kInvalidArgument, {"coco18", "coco17", "wholebody133"},
                [] { (void)find_keypoint_set("coco18"); });
  check_refused(ErrorCode::kInvalidArgument, {"''"}, [] { (void)find_keypoint_set(""); });
}

TEST_CASE("a model's set follows its number of keypoints") {
  const auto name_for = [](engine::Index keypoints) {
    const TemporaryFolder folder;
    RandomModelOptions options = tiny_options();
    options.keypoints = keypoints;
    const auto set = load_with(folder, options, "").keypoint_set();
    return set ? set->name : "none";
  };
  CHECK(name_for(17) == "coco17");
  CHECK(name_for(133) == "wholebody133");
  CHECK(name_for(5) == "none");
}

TEST_CASE("all experts of a published ViTPose++ give COCO's keypoints; numbers beyond them give nothing") {
  const auto estimator = PoseEstimator::load(expert_model());
  for (const std::int64_t expert : {0, 1, 2}) CHECK(estimator.keypoint_set(expert)->name == "coco17");
  CHECK_FALSE(estimator.keypoint_set(3));
  CHECK_FALSE(estimator.keypoint_set(-1));
}

TEST_CASE("the model's own list of sets goes first") {
  RandomModelOptions options = tiny_options();
  options.experts = 3;
  const TemporaryFolder folder;
  const auto estimator =
      load_with(folder, options, R"("vitpose_keypoint_sets": ["coco17", "ap10k17", "nobody-knows"],)");
  CHECK(estimator.keypoint_set(0)->name == "coco17");
  CHECK(estimator.keypoint_set(1)->name == "ap10k17");
  CHECK_FALSE(estimator.keypoint_set(2));
}

TEST_CASE("a set with another number of keypoints than the model is none of its sets") {
  const TemporaryFolder folder;
  CHECK_FALSE(load_with(folder, tiny_options(), R"("vitpose_keypoint_sets": ["aic14"],)").keypoint_set());
}

// Random nonsense: whatever the numbers are, nothing outside the canvas is read or written, and it ends soon.
#include <array>
#include <doctest/doctest.h>
#include <limits>
#include <random>

#include "draw/draw_heatmaps.h"
#include "draw/draw_poses.h"
#include "tests/draw/draw_support.h"

using namespace vitpose::engine;
using vitpose::engine::testing::TestCanvas;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Nonsense {
 public:
  explicit Nonsense(unsigned seed) : random_(seed) {}

  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  bool coin() { return below(2) == 0; }

  double number() {
    constexpr std::array<double, 14> kNasty{0,
                                            -0.0,
                                            1e-320,
                                            -1e-320,
                                            0.5,
                                            -0.5,
                                            1e6,
                                            -1e6,
                                            1e300,
                                            -1e300,
                                            kInfinity,
                                            -kInfinity,
                                            std::numeric_limits<double>::quiet_NaN(),
                                            2147483648.0};
    if (below(4) == 0) return kNasty[static_cast<std::size_t>(below(14))];
    return (below(4001) - 1000) / 16.0;
  }

 private:
  std::mt19937 random_;
};

struct NonsenseFigure {
  std::vector<float> keypoints;
  std::vector<float> scores;
  std::vector<std::int64_t> labels;
  Box box;
  Figure figure;

  explicit NonsenseFigure(Nonsense& random) {
    const auto sets = keypoint_sets();
    const bool has_set = random.below(5) > 0;
    const KeypointSet* set =
        has_set ? &sets[static_cast<std::size_t>(random.below(static_cast<int>(sets.size())))] : nullptr;
    const int labels_end = has_set ? static_cast<int>(set->keypoint_names.size()) : 1000000;
    for (int i = random.below(150); i > 0; --i) {
      keypoints.push_back(static_cast<float>(random.number()));
      keypoints.push_back(static_cast<float>(random.number()));
      scores.push_back(random.coin() ? 0.9f : static_cast<float>(random.number()));
      labels.push_back(random.below(labels_end));  // repeated ones too
    }
    box = {random.number(), random.number(), random.number(), random.number()};
    figure.keypoints = keypoints;
    figure.scores = scores;
    figure.labels = labels;
    figure.set = set;
  }
};

}  // namespace

TEST_CASE("poses of random nonsense are drawn within the canvas") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Nonsense random(seed);
    TestCanvas canvas(1 + random.below(90), 1 + random.below(70));
    std::vector<NonsenseFigure> owners;
    for (int i = random.below(4); i >= 0; --i) owners.emplace_back(random);
    std::vector<Figure> figures;
    for (NonsenseFigure& owner : owners) {
      figures.push_back(owner.figure);
      if (random.coin()) figures.back().box = &owner.box;
    }
    DrawOptions options;
    options.figure.threshold = random.coin() ? 0.3 : -kInfinity;
    options.figure.radius = random.coin() ? 0 : 1e5;
    options.figure.thickness = random.coin() ? 0 : 1e5 * random.below(2) + 1e-9;
    options.boxes = random.coin();
    options.labels = static_cast<Labels>(random.below(3));
    draw_poses(canvas.view(), figures, options);
    REQUIRE(canvas.guards_hold());
  }
}

TEST_CASE("a pose that repeats a label many times is drawn, with a keypoint set or without") {
  constexpr std::size_t kEntries = 300'000;
  const std::vector<float> keypoints(2 * kEntries, 5.0f);
  const std::vector<float> scores(kEntries, 0.9f);
  const std::vector<std::int64_t> labels(kEntries, 0);
  for (const KeypointSet* set : {static_cast<const KeypointSet*>(nullptr), &find_keypoint_set("coco17")}) {
    TestCanvas canvas(10, 10);
    Figure figure;
    figure.keypoints = keypoints;
    figure.scores = scores;
    figure.labels = labels;
    figure.set = set;
    draw_poses(canvas.view(), {&figure, 1}, {});  // each compared with each would take longer than ctest waits
    CHECK(canvas.guards_hold());
  }
}

TEST_CASE("heatmaps at nonsensical places are drawn within the canvas") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    Nonsense random(seed);
    TestCanvas canvas(1 + random.below(60), 1 + random.below(60));
    const Index height = 1 + random.below(5);
    const Index width = 1 + random.below(5);
    std::vector<float> values(static_cast<std::size_t>(2 * height * width));
    for (float& value : values) value = static_cast<float>(random.number());
    HeatmapStyle style;
    style.keypoint = random.below(3) - 1;
    style.full_scale = random.coin() ? 0 : 1e-320;
    draw_heatmap(canvas.view(), {values.data(), {2, height, width}},
                 {random.number(), random.number(), random.number(), random.number()}, style);
    REQUIRE(canvas.guards_hold());
  }
}

#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "tests/draw/draw_support.h"

using namespace vitpose::engine;
using vitpose::engine::testing::TestPose;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const KeypointSet& coco() {
  return find_keypoint_set("coco17");
}

bool has_joint(const Layout& layout, std::int64_t label) {
  for (const Joint& joint : layout.joints) {
    if (joint.label == label) return true;
  }
  return false;
}

double joint_radius(const Layout& layout, std::int64_t label) {
  for (const Joint& joint : layout.joints) {
    if (joint.label == label) return joint.radius;
  }
  return 0;
}

}  // namespace

TEST_CASE("keypoints whose score is not above the threshold are left out, and the edges to them") {
  TestPose pose(coco(), 200, 200, 200);
  pose.scores.assign(17, 0.5f);
  pose.scores[7] = 0.25f;  // left elbow: two edges
  pose.scores[0] = kNan;   // nose: two edges
  const Layout layout = lay_out(pose.figure(), {.threshold = 0.25}, 400, 400);
  CHECK(layout.joints.size() == 15);
  CHECK_FALSE(has_joint(layout, 7));
  CHECK_FALSE(has_joint(layout, 0));
  CHECK(layout.bones.size() == 15);
  CHECK(lay_out(pose.figure(), {.threshold = 0.24}, 400, 400).joints.size() == 16);
  CHECK(lay_out(pose.figure(), {.threshold = 0.5}, 400, 400).joints.empty());
}

TEST_CASE("keypoints that are not finite or a million pixels away are left out") {
  for (const float bad : {kNan, kInfinity, -kInfinity, 1.1e6f, -3e38f}) {
    for (const std::size_t coordinate : {std::size_t{0}, std::size_t{1}}) {
      TestPose pose(coco(), 200, 200, 200);
      pose.keypoints[2 * 9 + coordinate] = bad;
      const Layout layout = lay_out(pose.figure(), {}, 400, 400);
      CHECK(layout.joints.size() == 16);
      CHECK_FALSE(has_joint(layout, 9));
      CHECK(layout.bones.size() == 18);
      CHECK(std::isfinite(layout.thickness));
    }
  }
}

TEST_CASE("a subset of the keypoints is drawn by its labels") {
  const TestPose whole(coco(), 200, 200, 200);
  TestPose part = whole;
  part.keypoints = {10, 20, 30, 40};
  part.scores = {0.9f, 0.9f};
  part.labels = {16, 14};  // right ankle and knee
  const Layout layout = lay_out(part.figure(), {}, 400, 400);
  REQUIRE(layout.bones.size() == 1);
  CHECK(coco().edges[layout.bones[0].edge].from == 16);
  CHECK(layout.joints[layout.bones[0].from].point.x == 10);
  CHECK(layout.joints[layout.bones[0].to].point.y == 40);
}

TEST_CASE("sizes grow with the picture in proportion, and with the subject more slowly") {
  const TestPose pose(coco(), 200, 200, 200);
  const TestPose twice(coco(), 400, 400, 400);
  const Layout layout = lay_out(pose.figure(), {}, 640, 480);
  const Layout scaled = lay_out(twice.figure(), {}, 1280, 960);
  CHECK(scaled.thickness == doctest::Approx(2 * layout.thickness));
  CHECK(scaled.joints[9].radius == doctest::Approx(2 * layout.joints[9].radius));
  const Layout larger = lay_out(twice.figure(), {}, 640, 480);
  CHECK(larger.thickness > 1.3 * layout.thickness);
  CHECK(larger.thickness < 1.6 * layout.thickness);
}

TEST_CASE("without a box, or with an unusable one, the keypoints tell how large the subject is") {
  TestPose pose(coco(), 200, 200, 200);
  const double with_box = lay_out(pose.figure(), {}, 640, 480).size;
  CHECK(with_box == 200);
  Figure figure = pose.figure();
  figure.box = nullptr;
  const double spanned = lay_out(figure, {}, 640, 480).size;
  CHECK(spanned > 100);
  CHECK(spanned < 200);
  for (const double bad : {static_cast<double>(kNan), static_cast<double>(kInfinity), 1e300}) {
    pose.box.width = bad;
    CHECK(lay_out(pose.figure(), {}, 640, 480).size == spanned);
  }
}

TEST_CASE("a given radius and thickness hold for every part") {
  const TestPose pose(find_keypoint_set("wholebody133"), 400, 400, 300);
  const Layout layout = lay_out(pose.figure(), {.radius = 5, .thickness = 3}, 800, 800);
  for (const Joint& joint : layout.joints) CHECK(joint.radius == 5);
  for (const Bone& bone : layout.bones) CHECK(bone.radius == 1.5);
}

TEST_CASE("small parts are drawn finer than the body, and a limb that ends in one is not") {
  // A person 400 px high: a forearm of 60 px, a hand with fingers of 8 px, a face with points 5 px apart.
  TestPose pose(find_keypoint_set("wholebody133"), 300, 300, 400);
  const auto place = [&](std::size_t keypoint, float x, float y) {
    pose.keypoints[2 * keypoint] = x;
    pose.keypoints[2 * keypoint + 1] = y;
  };
  for (std::size_t face = 23; face < 91; ++face) {
    place(face, 300 + 5 * static_cast<float>(face % 8), 100 + 5 * static_cast<float>(face / 8));
  }
  for (std::size_t hand = 91; hand < 112; ++hand) {
    place(hand, 150 + 8 * static_cast<float>((hand - 92) % 4), 300 + 6 * static_cast<float>((hand - 92) / 4));
  }
  place(91, 142, 310);
  place(13, 280, 420);  // left knee
  place(15, 280, 500);  // left ankle
  place(17, 290, 510);  // left big toe
  const Layout layout = lay_out(pose.figure(), {}, 800, 800);
  const double body = joint_radius(layout, 13);
  CHECK(joint_radius(layout, 50) < 0.5 * body);  // a face point
  CHECK(joint_radius(layout, 95) < 0.6 * body);  // a finger tip
  CHECK(joint_radius(layout, 91) < 0.6 * body);  // the hand's root, with long edges to fingers
  for (const Bone& bone : layout.bones) {
    const Edge& edge = pose.set->edges[bone.edge];
    if (edge.from == 15 && edge.to == 13) CHECK(bone.radius == 0.5 * layout.thickness);  // the shin
    if (edge.from == 94 && edge.to == 95) CHECK(bone.radius < 0.3 * layout.thickness);   // a finger
  }
}

TEST_CASE("hips that lie on each other, seen from the side, stay as large as other joints") {
  TestPose pose(coco(), 200, 200, 200);
  pose.keypoints[2 * 12] = pose.keypoints[2 * 11];
  pose.keypoints[2 * 12 + 1] = pose.keypoints[2 * 11 + 1];
  const Layout layout = lay_out(pose.figure(), {}, 400, 400);
  CHECK(joint_radius(layout, 11) == joint_radius(layout, 13));
  CHECK(joint_radius(layout, 12) == joint_radius(layout, 13));
}

TEST_CASE("keypoints without a set are drawn without a skeleton, the finer the more there are") {
  TestPose pose(coco(), 200, 200, 200);
  pose.set = nullptr;
  const Layout few = lay_out(pose.figure(), {}, 400, 400);
  CHECK(few.joints.size() == 17);
  CHECK(few.bones.empty());
  TestPose many = pose;
  for (int i = 0; i < 2000; ++i) {
    many.keypoints.insert(many.keypoints.end(), {110 + static_cast<float>(i % 50), 110 + static_cast<float>(i % 37)});
    many.scores.push_back(0.9f);
    many.labels.push_back(17 + i);
  }
  CHECK(lay_out(many.figure(), {}, 400, 400).joints[0].radius < 0.6 * few.joints[0].radius);
}

TEST_CASE("a figure without keypoints has nothing to draw") {
  TestPose pose(coco(), 200, 200, 200);
  pose.keypoints.clear();
  pose.scores.clear();
  pose.labels.clear();
  const Layout layout = lay_out(pose.figure(), {}, 400, 400);
  CHECK(layout.joints.empty());
  CHECK(layout.bones.empty());
}

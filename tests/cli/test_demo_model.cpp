// The model and the pictures that come with the repository, as scripts/demo uses them.
#include "tests/cli/cli_support.h"

using namespace vitpose::test;

namespace {

struct Sample {
  const char* picture;
  std::size_t subjects;
  double mean_score;  // at least; flat heatmaps would have less
};

// Mean score of all keypoints, and how many lie in the box of their subject.
struct Seen {
  double score = 0;
  double inside = 0;
};

Seen look_at(const Json& pose) {
  const auto& box = pose.at("box").as_array();
  const auto& points = pose.at("keypoints").as_array();
  const auto is_between = [](float value, float low, float extent) { return value >= low && value <= low + extent; };
  Seen seen;
  for (std::size_t k = 0; k < points.size(); ++k) {
    const auto& point = points[k].as_array();
    seen.score += static_cast<double>(to_f32(pose.at("scores").as_array()[k])) / 17;
    seen.inside += is_between(to_f32(point[0]), to_f32(box[0]), to_f32(box[2])) &&
                   is_between(to_f32(point[1]), to_f32(box[1]), to_f32(box[3]));
  }
  return seen;
}

}  // namespace

TEST_CASE("the demo model finds the subjects of the sample pictures") {
  const std::string data = VITPOSE_SOURCE_DIR "/data";
  for (const Sample& sample : {Sample{"people.jpg", 5, 0.4}, Sample{"animals.jpg", 4, 0.4},
                               Sample{"together.jpg", 3, 0.4}, Sample{"astronaut.png", 1, 0.2}}) {
    CAPTURE(sample.picture);
    const std::string picture = data + "/images/" + sample.picture;
    const Json root = parse(succeed({"run", data + "/models/demo", picture, "--boxes", picture + ".boxes.json"}));
    const auto& poses = root.at("images").as_array()[0].at("poses").as_array();
    CHECK(poses.size() == sample.subjects);
    for (const Json& pose : poses) {
      const Seen seen = look_at(pose);
      CHECK(seen.score >= sample.mean_score);
      CHECK(seen.inside >= 15);
    }
  }
}

// Estimates the poses in any number of boxes of a picture and draws them.
//
//   estimate_cpp MODEL PICTURE OUTPUT.png X,Y,WIDTH,HEIGHT...
#include <cstdio>
#include <string>
#include <vector>
#include <vitpose/vitpose.hpp>

namespace {

vitpose::Box parse_box(const std::string& text) {
  vitpose::Box box;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf,%lf,%lf,%lf%c", &box.x, &box.y, &box.width, &box.height, &rest) != 4) {
    throw vitpose::Error(vitpose::ErrorCode::kInvalidArgument, "box: expected x,y,width,height, found '" + text + "'");
  }
  return box;
}

void run(const std::vector<std::string>& arguments) {
  std::vector<vitpose::Box> boxes;
  for (std::size_t i = 3; i < arguments.size(); ++i) boxes.push_back(parse_box(arguments[i]));

  const auto estimator = vitpose::PoseEstimator::load(arguments[0]);
  auto picture = vitpose::Picture::read(arguments[1]);
  const auto poses = estimator.estimate(picture.image(), boxes, {.experts = {0}});
  const auto names = estimator.keypoint_names();
  for (const vitpose::Pose& pose : poses) {
    for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
      const auto& [x, y] = pose.keypoints[i];
      const std::string& name = names[static_cast<std::size_t>(pose.labels[i])];
      std::printf("%-12s %7.1f %7.1f   %.3f\n", name.c_str(), static_cast<double>(x), static_cast<double>(y),
                  static_cast<double>(pose.scores[i]));
    }
  }

  vitpose::DrawOptions options{.boxes = true};
  if (const auto set = estimator.keypoint_set()) options.keypoint_sets = {set->name};
  vitpose::draw_poses(picture.canvas(), poses, boxes, options);
  vitpose::write_picture(arguments[2], picture.image());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s MODEL PICTURE OUTPUT.png X,Y,WIDTH,HEIGHT...\n", argv[0]);
    return 2;
  }
  run({argv + 1, argv + argc});
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

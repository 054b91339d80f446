// One pose as the drawing sees it, and the sizes its parts are drawn with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "draw/stroke.h"
#include "model/image_view.h"
#include "model/keypoint_sets.h"

namespace vitpose::engine {

// What to draw; not owned. Entry i is keypoint labels[i] at keypoints[2 i], keypoints[2 i + 1].
struct Figure {
  std::span<const float> keypoints;
  std::span<const float> scores;
  std::span<const std::int64_t> labels;
  const Box* box = nullptr;          // null: not given
  const KeypointSet* set = nullptr;  // null: keypoints without a skeleton; else every label is one of its keypoints
};

// A keypoint that is drawn.
struct Joint {
  Point point;
  double score = 0;
  double radius = 0;  // px
  std::int64_t label = 0;
};

// An edge of the skeleton of which both ends are drawn.
struct Bone {
  std::size_t from = 0;  // indices of joints
  std::size_t to = 0;
  std::size_t edge = 0;  // index in the set
  double radius = 0;     // half its thickness, px
};

struct FigureOptions {
  double threshold = 0.3;
  double radius = 0;     // of every joint, px; 0: by the sizes of picture, subject and part
  double thickness = 0;  // of every bone, px; 0 likewise
};

// A figure with what is below the threshold, not finite or too far away left out.
struct Layout {
  std::vector<Joint> joints;
  std::vector<Bone> bones;
  double size = 0;       // of the subject, px: the square root of its area
  double thickness = 0;  // of a bone of the body, px; small parts have thinner ones
  double outline = 0;    // breadth of the dark line around everything, px
};

// Finite, of finite extent and near enough to be drawn.
bool is_drawable(const Box& box);

Layout lay_out(const Figure& figure, const FigureOptions& options, int picture_width, int picture_height);

}  // namespace vitpose::engine

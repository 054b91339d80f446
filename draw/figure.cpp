#include "draw/figure.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "draw/coverage.h"

namespace vitpose::engine {

namespace {

// Of picture and subject in equal shares: a figure keeps its looks when the picture is scaled, and a small subject's
// lines are finer than a large one's but not in proportion.
constexpr double kThickness = 0.0135;
constexpr double kThickest = 1.0 / 28;  // of the subject's size
constexpr double kThinnest = 1.25;      // px
constexpr double kJoint = 0.8;          // a joint's radius by a bone's thickness
constexpr double kOutline = 0.2;        // by a bone's thickness
// Hands, faces and feet: by the distance to the neighbouring keypoint, so that they stay apart.
constexpr double kBoneByLength = 0.25;
constexpr double kJointByLength = 0.3;
constexpr double kSmallestPart = 0.25;  // of what a part of the body has
constexpr double kNone = std::numeric_limits<double>::infinity();

bool is_near(double coordinate) {
  return std::abs(coordinate) <= kFarthest;  // false for NaN
}

double distance(const Point& a, const Point& b) {
  return std::sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

std::vector<Joint> visible_joints(const Figure& figure, double threshold) {
  std::vector<Joint> joints;
  for (std::size_t i = 0; i < figure.scores.size(); ++i) {
    const Point point{figure.keypoints[2 * i], figure.keypoints[2 * i + 1]};
    const double score = figure.scores[i];
    if (score > threshold && is_near(point.x) && is_near(point.y))
      joints.push_back({point, score, 0, figure.labels[i]});
  }
  return joints;
}

// The edges whose two keypoints are among the joints.
std::vector<Bone> visible_bones(const KeypointSet& set, const std::vector<Joint>& joints) {
  constexpr std::size_t kAbsent = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> joint_of(set.keypoint_names.size(), kAbsent);
  for (std::size_t i = 0; i < joints.size(); ++i) joint_of[static_cast<std::size_t>(joints[i].label)] = i;
  std::vector<Bone> bones;
  for (std::size_t edge = 0; edge < set.edges.size(); ++edge) {
    const std::size_t from = joint_of[static_cast<std::size_t>(set.edges[edge].from)];
    const std::size_t to = joint_of[static_cast<std::size_t>(set.edges[edge].to)];
    if (from != kAbsent && to != kAbsent) bones.push_back({from, to, edge, 0});
  }
  return bones;
}

// The square root of the subject's area; of something long and thin as if it were less thin.
double subject_size(const Figure& figure, const std::vector<Joint>& joints) {
  double width = 0;
  double height = 0;
  if (figure.box != nullptr && is_drawable(*figure.box)) {
    width = std::abs(figure.box->width);
    height = std::abs(figure.box->height);
  } else if (!joints.empty()) {
    const auto by_x = [](const Joint& a, const Joint& b) { return a.point.x < b.point.x; };
    const auto by_y = [](const Joint& a, const Joint& b) { return a.point.y < b.point.y; };
    const auto [left, right] = std::minmax_element(joints.begin(), joints.end(), by_x);
    const auto [top, bottom] = std::minmax_element(joints.begin(), joints.end(), by_y);
    width = right->point.x - left->point.x;
    height = bottom->point.y - top->point.y;
  }
  return std::max(std::sqrt(width * height), 0.4 * std::max(width, height));
}

// The two shortest edges of a joint.
struct Lengths {
  double shortest = kNone;
  double second = kNone;
  int count = 0;

  void add(double length) {
    second = std::min(second, std::max(shortest, length));
    shortest = std::min(shortest, length);
    ++count;
  }
  // Of three edges and more one may be short by perspective: hips seen from the side lie on each other.
  double typical() const { return count > 2 ? second : shortest; }
};

// How far each joint is from the next one of its part: along the skeleton, or for keypoints without a skeleton (a
// face) to the nearest other such keypoint. `few`: there are no more of them than a set has.
std::vector<double> spacing(const Layout& layout, bool few) {
  const std::vector<Joint>& joints = layout.joints;
  std::vector<Lengths> lengths(joints.size());
  for (const Bone& bone : layout.bones) {
    const double length = distance(joints[bone.from].point, joints[bone.to].point);
    lengths[bone.from].add(length);
    lengths[bone.to].add(length);
  }
  std::vector<double> nearest;
  for (const Lengths& edges : lengths) nearest.push_back(edges.typical());
  // No joint is roomier than its roomiest neighbour: a hand's root has long edges, but to fingers.
  std::vector<double> roomiest(joints.size(), 0);
  for (const Bone& bone : layout.bones) {
    roomiest[bone.from] = std::max(roomiest[bone.from], lengths[bone.to].typical());
    roomiest[bone.to] = std::max(roomiest[bone.to], lengths[bone.from].typical());
  }
  for (const Bone& bone : layout.bones) {
    for (const std::size_t end : {bone.from, bone.to}) nearest[end] = std::min(nearest[end], roomiest[end]);
  }
  std::vector<std::size_t> loose;
  for (std::size_t i = 0; i < joints.size(); ++i) {
    if (nearest[i] == kNone) loose.push_back(i);
  }
  // Without a set, or with labels that are repeated, there may be any number of them, too many to compare each with
  // each.
  const double even = layout.size / std::sqrt(static_cast<double>(std::max<std::size_t>(loose.size(), 1)));
  for (const std::size_t i : loose) {
    if (!few) nearest[i] = even;
    for (const std::size_t other : loose) {
      if (!few) break;
      if (other != i) nearest[i] = std::min(nearest[i], distance(joints[i].point, joints[other].point));
    }
  }
  return nearest;
}

}  // namespace

bool is_drawable(const Box& box) {
  return is_near(box.x) && is_near(box.y) && is_near(box.x + box.width) && is_near(box.y + box.height);
}

Layout lay_out(const Figure& figure, const FigureOptions& options, int picture_width, int picture_height) {
  Layout layout;
  layout.joints = visible_joints(figure, options.threshold);
  if (figure.set != nullptr) layout.bones = visible_bones(*figure.set, layout.joints);
  layout.size = subject_size(figure, layout.joints);

  const double picture_size = std::sqrt(static_cast<double>(picture_width) * picture_height);
  const double scaled = std::min(kThickness * std::sqrt(layout.size * picture_size), kThickest * layout.size);
  layout.thickness = options.thickness > 0 ? options.thickness : std::max(scaled, kThinnest);
  layout.outline = std::max(kOutline * layout.thickness, 0.75);

  const double joint = std::max(kJoint * std::max(scaled, kThinnest), kThinnest);
  const bool few = figure.set != nullptr && layout.joints.size() <= figure.set->keypoint_names.size();
  const std::vector<double> nearest = spacing(layout, few);
  for (std::size_t i = 0; i < layout.joints.size(); ++i) {
    const double part = std::clamp(kJointByLength * nearest[i], kSmallestPart * joint, joint);
    layout.joints[i].radius = options.radius > 0 ? options.radius : part;
  }
  for (Bone& bone : layout.bones) {
    // Of the roomier end: a shin ends at the toes but is no toe.
    const double part = std::clamp(kBoneByLength * std::max(nearest[bone.from], nearest[bone.to]),
                                   kSmallestPart * layout.thickness, layout.thickness);
    bone.radius = (options.thickness > 0 ? options.thickness : part) / 2;
  }
  return layout;
}

}  // namespace vitpose::engine

#include "draw/draw_poses.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "draw/paint.h"
#include "draw/palette.h"
#include "draw/stroke_font.h"

namespace vitpose::engine {

namespace {

constexpr LinearColour kDark{600, 600, 700};
constexpr LinearColour kLight{kWhole, kWhole, kWhole};
constexpr double kOutlineOpacity = 0.75;
constexpr double kCore = 0.7;          // the coloured part of a joint, in a white ring
constexpr double kSmallestRinged = 2;  // px; smaller joints are all colour
constexpr double kSmallestText = 7;    // px, of a capital letter

std::uint16_t opacity_of(double share) {
  return static_cast<std::uint16_t>(std::clamp(share, 0.0, 1.0) * kWhole + 0.5);
}

// The strokes of one figure, in the order they are drawn.
class Sketch {
 public:
  Sketch(const Figure& figure, const Layout& layout, const DrawOptions& options, int canvas_width)
      : figure_(figure), layout_(layout), options_(options), canvas_width_(canvas_width) {}

  std::vector<Stroke> strokes() && {
    if (options_.boxes && figure_.box != nullptr && is_drawable(*figure_.box)) add_box(*figure_.box);
    if (options_.skeleton) add_bones();
    if (options_.keypoints) add_joints();
    if (options_.labels != Labels::kNone) add_labels();
    return std::move(strokes_);
  }

 private:
  // Sure keypoints are opaque, those just above a threshold of 0.3 half so.
  double opacity(double score) const { return options_.score_opacity ? std::min(0.2 + score, 1.0) : 1.0; }

  void add(Point from, Point to, double radius, LinearColour colour, double opacity) {
    strokes_.push_back({from, to, radius, radius, colour, opacity_of(opacity)});
  }

  void add_box(const Box& box) {
    const Point a{box.x, box.y};
    const Point b{box.x + box.width, box.y};
    const Point c{box.x + box.width, box.y + box.height};
    const Point d{box.x, box.y + box.height};
    const double radius = std::max(0.18 * layout_.thickness, 0.6);
    for (const bool outline : {true, false}) {
      for (const auto& [from, to] : {std::pair{a, b}, {b, c}, {c, d}, {d, a}}) {
        add(from, to, radius + (outline ? 0.75 * layout_.outline : 0), outline ? kDark : kLight,
            outline ? kOutlineOpacity * 0.6 : 0.9);
      }
    }
  }

  // Thick ones first: fingers lie on the wrist, not under it. All outlines come before the first bone, so that they
  // surround the skeleton and do not cut it into pieces.
  void add_bones() {
    std::vector<Bone> bones = layout_.bones;
    std::stable_sort(bones.begin(), bones.end(), [](const Bone& a, const Bone& b) { return a.radius > b.radius; });
    for (const bool outline : {true, false}) {
      for (const Bone& bone : bones) {
        const Joint& from = layout_.joints[bone.from];
        const Joint& to = layout_.joints[bone.to];
        const double shown = opacity(0.5 * (from.score + to.score));
        if (outline) {
          add(from.point, to.point, bone.radius + outline_of(bone.radius), kDark, kOutlineOpacity * shown);
        } else {
          add(from.point, to.point, bone.radius, to_linear(edge_colour(*figure_.set, bone.edge)), shown);
        }
      }
    }
  }

  void add_joints() {
    std::vector<Joint> joints = layout_.joints;
    std::stable_sort(joints.begin(), joints.end(), [](const Joint& a, const Joint& b) { return a.radius > b.radius; });
    for (const Joint& joint : joints) {
      const double shown = opacity(joint.score);
      add(joint.point, joint.point, joint.radius + outline_of(joint.radius), kDark, kOutlineOpacity * shown);
      const bool ringed = joint.radius >= kSmallestRinged;
      if (ringed) add(joint.point, joint.point, joint.radius, kLight, shown);
      add(joint.point, joint.point, ringed ? kCore * joint.radius : joint.radius, to_linear(colour(joint.label)),
          shown);
    }
  }

  // The outline of small parts is thinner too.
  double outline_of(double radius) const { return std::min(layout_.outline, std::max(0.35 * radius, 0.5)); }

  Rgb colour(std::int64_t label) const {
    if (figure_.set == nullptr) return colour_of_index(static_cast<std::uint64_t>(label));
    return keypoint_colour(*figure_.set, static_cast<std::size_t>(label));
  }

  // Beside the subject rather than across it, unless that is outside the picture.
  void add_labels() {
    double middle = 0;
    for (const Joint& joint : layout_.joints) middle += joint.point.x / static_cast<double>(layout_.joints.size());
    TextStyle style;
    style.height = std::max(1.5 * layout_.thickness, kSmallestText);
    for (const bool outline : {true, false}) {
      style.radius = style.height / 15 + (outline ? style.height / 9 : 0);
      style.colour = outline ? kDark : kLight;
      style.opacity = opacity_of(outline ? kOutlineOpacity : 1);
      for (const Joint& joint : layout_.joints) {
        const std::string label = text(joint.label);
        const double width = text_width(label, style.height);
        const double aside = joint.radius + 0.5 * style.height;
        const Point right{joint.point.x + aside, joint.point.y + 0.5 * style.height};
        const Point left{joint.point.x - aside - width, right.y};
        const bool on_right = joint.point.x < middle ? left.x < 0 : right.x + width < canvas_width_;
        style.origin = on_right ? right : left;
        append_text(label, style, strokes_);
      }
    }
  }

  std::string text(std::int64_t label) const {
    if (options_.labels == Labels::kIndices || figure_.set == nullptr) return std::to_string(label);
    return std::string(figure_.set->keypoint_names[static_cast<std::size_t>(label)]);
  }

  const Figure& figure_;
  const Layout& layout_;
  const DrawOptions& options_;
  const int canvas_width_;
  std::vector<Stroke> strokes_;
};

}  // namespace

void draw_poses(const Canvas& canvas, std::span<const Figure> figures, const DrawOptions& options) {
  struct Entry {
    const Figure* figure;
    Layout layout;
  };
  std::vector<Entry> entries;
  entries.reserve(figures.size());
  for (const Figure& figure : figures) {
    entries.push_back({&figure, lay_out(figure, options.figure, canvas.width, canvas.height)});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.layout.size > b.layout.size; });
  for (const Entry& entry : entries)
    paint(canvas, Sketch(*entry.figure, entry.layout, options, canvas.width).strokes());
}

}  // namespace vitpose::engine

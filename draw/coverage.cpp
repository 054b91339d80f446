#include "draw/coverage.h"

#include <algorithm>
#include <cmath>

namespace vitpose::engine {

namespace {

constexpr double kHalfDiagonal = 0.7072;  // of a pixel, rounded up

double square(double x) {
  return x * x;
}

double length_squared(Point point) {
  return square(point.x) + square(point.y);
}

// A pixel's unit square and a straight edge: how much of the square lies below the edge. Looked at along the edge's
// normal, the square is a trapezoid.
class PixelEdge {
 public:
  explicit PixelEdge(Point normal) {
    const double x = std::abs(normal.x);
    const double y = std::abs(normal.y);
    const double length = std::sqrt(x * x + y * y);
    if (length > 0) {
      outer_ = (x + y) / (2 * length);
      inner_ = std::abs(x - y) / (2 * length);
    }
  }

  // Of an edge that far from the pixel's centre.
  double share_below(double distance) const {
    const double away = std::abs(distance);
    if (away <= inner_) return 0.5 + distance / (outer_ + inner_);
    const double corner = away < outer_ ? square(outer_ - away) / (2 * (square(outer_) - square(inner_))) : 0.0;
    return distance > 0 ? 1 - corner : corner;
  }

 private:
  double outer_ = 0.5;  // half the lengths of the trapezoid's sides
  double inner_ = 0.5;
};

Rectangle bounds_of(const Stroke& stroke, double reach) {
  const auto first = [&](double a, double b) { return static_cast<int>(std::floor(std::min(a, b) - reach)); };
  const auto end = [&](double a, double b) { return static_cast<int>(std::ceil(std::max(a, b) + reach)) + 1; };
  return {first(stroke.from.x, stroke.to.x), first(stroke.from.y, stroke.to.y), end(stroke.from.x, stroke.to.x),
          end(stroke.from.y, stroke.to.y)};
}

}  // namespace

// Where along the line it is nearest to a point (0..1), and the way from there to the point.
struct Coverage::Nearest {
  double position;
  Point away;
};

Rectangle intersection(const Rectangle& a, const Rectangle& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
}

Coverage::Coverage(const Stroke& stroke)
    : stroke_(stroke),
      along_{stroke.to.x - stroke.from.x, stroke.to.y - stroke.from.y},
      inverse_length_squared_(0),
      reach_(std::max(stroke.from_radius, stroke.to_radius) + kHalfDiagonal),
      bounds_(bounds_of(stroke, reach_)) {
  // What is shorter than this is a disc; its inverse would overflow.
  constexpr double kShortest = 1e-9;
  if (length_squared(along_) > square(kShortest)) inverse_length_squared_ = 1 / length_squared(along_);
}

Coverage::Nearest Coverage::nearest(Point point) const {
  const double x = point.x - stroke_.from.x;
  const double y = point.y - stroke_.from.y;
  const double position = std::clamp((x * along_.x + y * along_.y) * inverse_length_squared_, 0.0, 1.0);
  return {position, {x - position * along_.x, y - position * along_.y}};
}

double Coverage::at(Point pixel) const {
  const Nearest point = nearest(pixel);
  const double radius = stroke_.from_radius + point.position * (stroke_.to_radius - stroke_.from_radius);
  const double squared = length_squared(point.away);
  if (squared >= square(radius + kHalfDiagonal)) return 0;
  if (radius > kHalfDiagonal && squared <= square(radius - kHalfDiagonal)) return 1;
  const double distance = std::sqrt(squared);
  const PixelEdge edge(distance > 0 ? point.away : Point{-along_.y, along_.x});
  return std::clamp(edge.share_below(radius - distance) - edge.share_below(-radius - distance), 0.0, 1.0);
}

Interval Coverage::row(int y, Interval within) const {
  const double length = std::sqrt(length_squared(along_));
  // A line that is nearly level crosses the whole row; dividing by its slope would overflow.
  if (std::abs(along_.y) <= 1e-3 * length) return within;
  const double middle = stroke_.from.x + (y - stroke_.from.y) * along_.x / along_.y;
  const double half = reach_ * length / std::abs(along_.y) + 1;  // and one for rounding
  const auto clamped = [&](double x) { return static_cast<int>(std::clamp<double>(x, within.first, within.end)); };
  return {clamped(std::floor(middle - half)), clamped(std::ceil(middle + half))};
}

bool Coverage::reaches(Point centre, double radius) const {
  return length_squared(nearest(centre).away) < square(reach_ + radius);
}

}  // namespace vitpose::engine

// How much of a pixel a stroke covers: the mathematics of the rasteriser.
#pragma once

#include "draw/stroke.h"

namespace vitpose::engine {

// Pixels [left, right) x [top, bottom).
struct Rectangle {
  int left, top, right, bottom;

  bool empty() const { return left >= right || top >= bottom; }
};

// Pixels [first, end) of a row.
struct Interval {
  int first, end;
};

Rectangle intersection(const Rectangle& a, const Rectangle& b);

// A stroke with what is the same for all pixels worked out. Outside bounds() and row() the coverage is 0.
class Coverage {
 public:
  // Coordinates and radii must be finite and at most kFarthest in magnitude.
  explicit Coverage(const Stroke& stroke);

  // The share of the pixel's unit square that the stroke covers, the stroke's outline taken as straight within it:
  // exact for the sides of lines at any angle and of any thickness, and all but exact for discs of more than a pixel.
  double at(Point pixel) const;

  const Rectangle& bounds() const { return bounds_; }
  // The part of [first, end) in row y near enough to the line through both ends.
  Interval row(int y, Interval within) const;
  // False when the stroke certainly covers nothing within `radius` of the centre.
  bool reaches(Point centre, double radius) const;

 private:
  struct Nearest;
  Nearest nearest(Point point) const;

  Stroke stroke_;
  Point along_;                    // from one end to the other
  double inverse_length_squared_;  // 0 for a disc
  double reach_;                   // farthest that a covered pixel's centre can be from the line
  Rectangle bounds_;
};

inline constexpr double kFarthest = 1e6;  // px

}  // namespace vitpose::engine

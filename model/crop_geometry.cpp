#include "model/crop_geometry.h"

#include <cmath>
#include <limits>
#include <string>

#include "core/error.h"

namespace vitpose::engine {
namespace {

constexpr float kPadding = 1.25f;
constexpr double kPixelsPerScale = 200.0;

// Overflow to infinity on purpose: a C++ narrowing of an unrepresentable double is undefined, IEEE's is not, and
// every compiler we support implements IEEE's.
float f32(double value) {
  return static_cast<float>(value);
}

float padded_scale(double extent) {
  return f32(extent / kPixelsPerScale) * kPadding;
}

// The 2x3 matrix from image to crop is diagonal (there is no rotation): row * position + translation.
struct AxisMatrix {
  float row;
  float translation;

  bool finite() const { return std::isfinite(row) && std::isfinite(translation); }
};

AxisMatrix axis_matrix(float center, float scale, Index crop_extent, WarpMatrix warp_matrix) {
  const float extent = scale * 200.0f;
  const float doubled_center = center * 2.0f;
  const double factor = static_cast<double>(crop_extent - 1) / static_cast<double>(extent);
  // NumPy 2 keeps a Python float times an f32 scalar in f32; NumPy 1 widened it.
  const double origin = warp_matrix == WarpMatrix::kNumpy2
                            ? static_cast<double>(-0.5f * doubled_center + 0.5f * extent)
                            : -0.5 * static_cast<double>(doubled_center) + 0.5 * static_cast<double>(extent);
  return {f32(factor), f32(factor * origin)};
}

// LAPACK inverts a triangular matrix like this; -translation / row would have other bits in half of all boxes.
AxisSampling inverse(const AxisMatrix& matrix) {
  const double step = 1.0 / static_cast<double>(matrix.row);
  return {-(static_cast<double>(matrix.translation) * step), step};
}

[[noreturn]] void refuse(const Box& box, const AxisMatrix& x, const AxisMatrix& y) {
  fail(ErrorCode::kInvalidArgument, "box [", box.x, ", ", box.y, ", ", box.width, ", ", box.height,
       "] cannot be cropped: expected a finite warp matrix, found x' = ", x.row, " x + ", x.translation,
       ", y' = ", y.row, " y + ", y.translation);
}

}  // namespace

CropGeometry crop_geometry(const Box& box, Index crop_height, Index crop_width) {
  const double aspect_ratio = static_cast<double>(crop_width) / static_cast<double>(crop_height);
  double width = box.width;
  double height = box.height;
  if (width > aspect_ratio * height) {
    height = width / aspect_ratio;
  } else if (width < aspect_ratio * height) {
    width = height * aspect_ratio;
  }
  return {f32(box.x + box.width * 0.5), f32(box.y + box.height * 0.5), padded_scale(width), padded_scale(height)};
}

CropSampling crop_sampling(const Box& box, Index crop_height, Index crop_width, WarpMatrix warp_matrix) {
  const CropGeometry geometry = crop_geometry(box, crop_height, crop_width);
  const AxisMatrix x = axis_matrix(geometry.center_x, geometry.scale_x, crop_width, warp_matrix);
  const AxisMatrix y = axis_matrix(geometry.center_y, geometry.scale_y, crop_height, warp_matrix);
  if (!x.finite() || !y.finite() || x.row == 0 || y.row == 0) refuse(box, x, y);
  return {inverse(x), inverse(y)};
}

}  // namespace vitpose::engine

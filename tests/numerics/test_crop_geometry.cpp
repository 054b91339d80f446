#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "core/error.h"
#include "model/crop_geometry.h"

namespace vitpose::engine {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string refusal_of(const Box& box) {
  try {
    (void)crop_sampling(box, 256, 192, WarpMatrix::kNumpy2);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

TEST_CASE("the box of transformers' integration test has its centre and scale") {
  const CropGeometry geometry = crop_geometry({384.43, 172.21, 15.12, 35.74}, 256, 192);
  CHECK(geometry.center_x == 391.99f);
  CHECK(geometry.center_y == 190.08f);
  CHECK(geometry.scale_x + geometry.center_x - 1.0f == 391.15753f);
  CHECK(geometry.scale_y + geometry.center_y - 1.0f == 189.30338f);
}

TEST_CASE("a box takes the crop's aspect ratio by growing, never by shrinking") {
  const CropGeometry wide = crop_geometry({0, 0, 300, 100}, 256, 192);
  CHECK(wide.scale_x == 1.5f * 1.25f);
  CHECK(wide.scale_y == 2.0f * 1.25f);
  const CropGeometry tall = crop_geometry({0, 0, 30, 400}, 256, 192);
  CHECK(tall.scale_x == 1.5f * 1.25f);
  CHECK(tall.scale_y == 2.0f * 1.25f);
  const CropGeometry exact = crop_geometry({0, 0, 75, 100}, 256, 192);
  CHECK(exact.scale_x == 0.375f * 1.25f);
  CHECK(exact.scale_y == 0.5f * 1.25f);
}

TEST_CASE("boxes whose warp matrix is not finite are refused, with the box in the message") {
  const Box refused[] = {{5, 5, 0, 0},          {5, 5, -1, 0},        {5, 5, 0, -1},        {kNan, 5, 1, 1},
                         {5, kNan, 1, 1},       {5, 5, kNan, 1},      {5, 5, 1, kNan},      {kInfinity, 5, 1, 1},
                         {5, -kInfinity, 1, 1}, {5, 5, kInfinity, 1}, {5, 5, 1, kInfinity}, {1e39, 0, 4, 4},
                         {0, 0, 1e39, 4},       {0, 0, 1e-38, 1e-38}};
  for (const Box& box : refused) {
    CAPTURE(box.x);
    CAPTURE(box.width);
    CHECK(refusal_of(box).find("cannot be cropped") != std::string::npos);
  }
  CHECK(refusal_of({5, 7, 0, 0}).find("box [5, 7, 0, 0]") != std::string::npos);
}

TEST_CASE("odd boxes with a finite warp matrix are accepted") {
  const Box accepted[] = {{5, 5, 0, 10},   {5, 5, 10, 0},      {5, 5, -10, -20},    {5, 5, -10, 20},
                          {-900, 0, 5, 5}, {0, 0, 1e38, 1e38}, {0, 0, 1e-30, 1e-30}};
  for (const Box& box : accepted) CHECK(refusal_of(box) == "");
}

TEST_CASE("the inverse is -(t * (1 / a)), not -t / a") {
  int different = 0;
  for (int i = 1; i <= 200; ++i) {
    const Box box{10.0 + i * 0.37, 20.0, 50.0 + i * 0.91, 80.0};
    const CropGeometry geometry = crop_geometry(box, 256, 192);
    const float extent = geometry.scale_x * 200.0f;
    const auto a = static_cast<float>(191.0 / static_cast<double>(extent));
    const double origin = static_cast<double>(-0.5f * (geometry.center_x * 2.0f) + 0.5f * extent);
    const auto t = static_cast<float>(191.0 / static_cast<double>(extent) * origin);
    const CropSampling sampling = crop_sampling(box, 256, 192, WarpMatrix::kNumpy2);
    const double step = 1.0 / static_cast<double>(a);
    CHECK(sampling.x.step == step);
    CHECK(sampling.x.offset == -(static_cast<double>(t) * step));
    different += sampling.x.offset != -static_cast<double>(t) / static_cast<double>(a);
  }
  CHECK(different > 20);
}

TEST_CASE("NumPy 1 and NumPy 2 differ in the matrix of some boxes only") {
  int different = 0;
  for (int i = 0; i < 300; ++i) {
    const Box box{7.3 * i, 3.1 * i, 20.0 + 1.7 * i, 40.0 + 0.9 * i};
    const CropSampling two = crop_sampling(box, 256, 192, WarpMatrix::kNumpy2);
    const CropSampling one = crop_sampling(box, 256, 192, WarpMatrix::kNumpy1);
    CHECK(two.x.step == one.x.step);
    different += two.x.offset != one.x.offset || two.y.offset != one.y.offset;
  }
  CHECK(different > 30);
  CHECK(different < 200);
}

}  // namespace
}  // namespace vitpose::engine

#include "model/dark_refinement.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/error.h"

namespace vitpose::engine {
namespace {

// exp(-0.5 / (0.8 * 0.8) * d * d) for d = 0, 1, ...: correctly rounded, so that no machine's exp is asked. Further
// out the value underflows to zero.
constexpr std::array<double, 31> kGaussian{
    0x1.0000000000000p+0,   0x1.d4d244cf4ea9fp-2,   0x1.67ee6d9ff847ep-5,   0x1.cf6128ab4677dp-11,
    0x1.f42ed3f68e6a0p-19,  0x1.c4af43479909cp-29,  0x1.57822cd9621f4p-41,  0x1.b51a71fd7a06ep-56,
    0x1.d257d547e0879p-73,  0x1.a128c4f3ef092p-92,  0x1.38e068885a196p-113, 0x1.898104cee6265p-137,
    0x1.9ef43eeb7c45fp-163, 0x1.6ee1aa8e62597p-191, 0x1.0ff9322ee258cp-221, 0x1.5216f7f2e7dbbp-254,
    0x1.6061812054daap-289, 0x1.33f0e7693b647p-326, 0x1.c342c659200b2p-366, 0x1.1539a25943cbep-407,
    0x1.1d96f12e8ef52p-451, 0x1.ed5a2b2928539p-498, 0x1.65495937b80cap-546, 0x1.b1e431d5b585bp-597,
    0x1.b9cb63629aaecp-650, 0x1.792aea03d0c05p-705, 0x1.0df993be8967fp-762, 0x1.440dcc7de53dap-822,
    0x1.46205c3efe1bap-884, 0x1.133022d6dc2c4p-948, 0x1.85624669b9f34p-1015};

double gaussian(int distance) {
  const auto index = static_cast<std::size_t>(distance);
  return index < kGaussian.size() ? kGaussian[index] : 0.0;
}

// Half-sample symmetric: d c b a | a b c d | d c b a, however far outside.
Index reflect(Index i, Index extent) {
  if (i >= 0 && i < extent) return i;
  const Index period = 2 * extent;
  i %= period;
  if (i < 0) i += period;
  return i < extent ? i : period - 1 - i;
}

// One output of a one-dimensional blur, in double and rounded to f32; `at(i)` is the input, inside the map.
template <class At>
float blurred(const HeatmapBlur& blur, Index position, Index extent, At at) {
  double sum = static_cast<double>(at(position)) * blur.weight(0);
  for (int j = blur.radius(); j > 0; --j) {
    const double before = static_cast<double>(at(reflect(position - j, extent)));
    const double after = static_cast<double>(at(reflect(position + j, extent)));
    sum += (before + after) * blur.weight(j);
  }
  return static_cast<float>(sum);
}

// NaN passes through.
float clip(float value) {
  if (value < 0.001f) return 0.001f;
  if (value > 50.0f) return 50.0f;
  return value;
}

// Coefficients of degree 5 down to 0.
float horner(float x, const std::array<std::uint32_t, 6>& coefficients) {
  float sum = std::bit_cast<float>(coefficients[0]);
  for (std::size_t i = 1; i < coefficients.size(); ++i) sum = std::fma(sum, x, std::bit_cast<float>(coefficients[i]));
  return sum;
}

// One column of the inverse of an upper triangular factor times its right-hand side.
struct Solution {
  double first;
  double second;
};

// LU factors with partial pivoting of the symmetric matrix [[a, b], [b, d]], as LAPACK forms them.
struct Factors {
  bool exchanged;
  double lower;
  double u11;
  double u12;
  double u22;

  Factors(double a, double b, double d) : exchanged(std::abs(b) > std::abs(a)) {
    const double pivot = exchanged ? b : a;
    const double other = exchanged ? a : b;
    lower = other / pivot;
    u11 = pivot;
    u12 = exchanged ? d : b;
    u22 = exchanged ? b - lower * d : d - lower * b;
  }
  bool singular() const { return u11 == 0 || u22 == 0; }
  // Column `column` of the inverse.
  Solution inverse_column(int column) const {
    const double r1 = (column == 0) != exchanged ? 1.0 : 0.0;
    const double r2 = 1.0 - r1;
    const double second = (r2 - lower * r1) / u22;
    return {(r1 - u12 * second) / u11, second};
  }
};

}  // namespace

HeatmapBlur::HeatmapBlur(int kernel_size) : weights_{} {
  if (kernel_size < 1 || kernel_size > kMaxKernelSize) {
    fail(ErrorCode::kInvalidArgument, "kernel size: expected 1..", kMaxKernelSize, ", found ", kernel_size);
  }
  radius_ = (kernel_size - 1) / 2;
  double sum = 0;
  for (int d = -radius_; d <= radius_; ++d) sum += gaussian(std::abs(d));
  for (int d = 0; d <= radius_; ++d) weights_[static_cast<std::size_t>(d)] = gaussian(d) / sum;
}

float log_blurred(const HeatmapView& map, const HeatmapBlur& blur, Index y, Index x) {
  const Index row = std::clamp<Index>(y, 0, map.height - 1);
  const Index column = std::clamp<Index>(x, 0, map.width - 1);
  const float value = blurred(blur, column, map.width, [&](Index c) {
    return blurred(blur, row, map.height, [&](Index r) { return map.data[r * map.width + c]; });
  });
  return numpy_log(clip(value));
}

float numpy_log(float value) {
  constexpr std::array<std::uint32_t, 6> kNumerator{0x3CD42BCD, 0x3EC30333, 0x3FBD70A9,
                                                    0x4007361C, 0x3F800000, 0x00000000};
  constexpr std::array<std::uint32_t, 6> kDenominator{0x3BC083DF, 0x3E1E5BF3, 0x3F7C8AE4,
                                                      0x401CFE0D, 0x4027361C, 0x3F800000};
  constexpr float kLogOf2 = std::bit_cast<float>(0x3F317218u);
  if (std::isnan(value)) return value;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  std::int32_t exponent = static_cast<std::int32_t>(bits >> 23) - 126;
  float mantissa = std::bit_cast<float>((bits & 0x007FFFFFu) | 0x3F000000u);  // in [0.5, 1)
  if (mantissa <= std::bit_cast<float>(0x3F3504F3u)) {
    mantissa += mantissa;
    --exponent;
  }
  const float y = mantissa - 1.0f;
  const float ratio = horner(y, kNumerator) / horner(y, kDenominator);
  return std::fma(static_cast<float>(exponent), kLogOf2, ratio);
}

bool newton_step(const NewtonTaps& t, Peak& peak) {
  const float c = t.center;
  const float dx = 0.5f * (t.right - t.left);
  const float dy = 0.5f * (t.below - t.above);
  const float dxx = t.right - 2.0f * c + t.left;
  const float dyy = t.below - 2.0f * c + t.above;
  const float dxy = 0.5f * (t.below_right - t.right - t.below + c + c - t.left - t.above + t.above_left);
  constexpr double kEpsilon = 0x1p-23;
  const Factors factors(static_cast<double>(dxx) + kEpsilon, static_cast<double>(dxy),
                        static_cast<double>(dyy) + kEpsilon);
  if (factors.singular()) return false;
  const Solution x = factors.inverse_column(0);
  const Solution y = factors.inverse_column(1);
  const auto gx = static_cast<double>(dx);
  const auto gy = static_cast<double>(dy);
  peak.x = static_cast<float>(static_cast<double>(peak.x) - (x.first * gx + y.first * gy));
  peak.y = static_cast<float>(static_cast<double>(peak.y) - (x.second * gx + y.second * gy));
  return true;
}

}  // namespace vitpose::engine

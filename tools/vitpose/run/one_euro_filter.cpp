#include "tools/vitpose/run/one_euro_filter.h"

#include <cmath>
#include <numbers>

namespace vitpose::tools {

namespace {

// The weight of a new sample in exponential smoothing with this cutoff: 1 / (1 + tau / T), tau = 1 / (2 pi f).
double weight(double cutoff, double seconds) {
  const double tau = 1 / (2 * std::numbers::pi * cutoff);
  return 1 / (1 + tau / seconds);
}

double mix(double previous, double sample, double weight) {
  return weight * sample + (1 - weight) * previous;
}

}  // namespace

double OneEuroFilter::filter(double sample, double seconds, double unit) {
  if (!position_) return *(position_ = sample);
  // As in the paper, the speed is measured against the smoothed position.
  const double speed = (sample - *position_) / (unit * seconds);
  speed_ = mix(speed_, speed, weight(parameters_.d_cutoff, seconds));
  const double cutoff = parameters_.min_cutoff + parameters_.beta * std::abs(speed_);
  position_ = mix(*position_, sample, weight(cutoff, seconds));
  return *position_;
}

}  // namespace vitpose::tools

// The One-Euro filter (Casiez, Roussel, Vogel: "1 Euro Filter", CHI 2012): a low-pass filter whose cutoff frequency
// grows with speed. At rest it takes the jitter away; in motion it follows with little lag.
#pragma once

#include <optional>

namespace vitpose::tools {

struct OneEuroParameters {
  double min_cutoff = 1.0;  // Hz: the cutoff at rest; lower means smoother
  double beta = 0.3;        // how much the cutoff grows with speed, in Hz per unit a second
  double d_cutoff = 1.0;    // Hz: the cutoff of the speed's own low-pass filter
};

// One coordinate.
class OneEuroFilter {
 public:
  explicit OneEuroFilter(const OneEuroParameters& parameters = {}) : parameters_(parameters) {}

  // The next sample, `seconds` after the last one, smoothed. The first one passes unchanged. Speeds are measured in
  // `unit`s a second (a length in the samples' own units, above 0), so that near and far subjects are smoothed alike.
  double filter(double sample, double seconds, double unit = 1);

 private:
  OneEuroParameters parameters_;
  std::optional<double> position_;  // smoothed
  double speed_ = 0;                // smoothed
};

}  // namespace vitpose::tools

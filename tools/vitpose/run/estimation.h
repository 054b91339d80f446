// Poses for several pictures at once, so that the crops of all of them fill batches.
#pragma once

#include <span>

#include "tools/vitpose/run/work.h"

namespace vitpose::tools {

class Estimation {
 public:
  struct Needs {
    bool pixels = false;  // drawing needs them; else they are dropped, so that they do not wait in the writer's queue
    bool heatmaps = false;
    bool hf_exact = false;
  };
  Estimation(const PoseEstimator& estimator, const EstimateOptions& options, const Needs& needs)
      : estimator_(estimator), options_(options), needs_(needs) {}

  // Whether the group fills a batch, so that waiting for more would only cost memory.
  bool is_full(std::span<const Work> group) const;

  // Estimates all that have not failed. When the call fails, each gets a call of its own, to find out whose fault it
  // is.
  void estimate(std::span<Work> group) const;

 private:
  bool estimate_together(std::span<Work*> group) const;  // false: one by one, please
  void estimate_alone(Work& work) const;
  // Stage by stage, which gives the same poses to the bit, and heatmaps.
  void estimate_with_heatmaps(Work& work) const;
  std::vector<std::int64_t> experts_of(std::span<const Subject> subjects) const;

  const PoseEstimator& estimator_;
  EstimateOptions options_;
  Needs needs_;
};

}  // namespace vitpose::tools

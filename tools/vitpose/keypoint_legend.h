// What the keypoints of a pose are: their names, and the keypoint set that knows how they hang together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/vitpose/pose_result.h"

namespace vitpose::tools {

class KeypointLegend {
 public:
  KeypointLegend() = default;
  // `chosen`: the set of --keypoint-set, for all experts; "" = the model's own. Error kInvalidArgument when there is no
  // such set, or it has another number of keypoints than the model.
  KeypointLegend(const PoseEstimator& estimator, const std::string& chosen);

  std::size_t keypoints() const { return experts_.empty() ? 0 : experts_.front().names.size(); }
  const std::vector<std::string>& names(const Subject& subject) const { return of(subject).names; }
  // "" when no known set fits.
  const std::string& set(const Subject& subject) const { return of(subject).set; }

 private:
  struct Entry {
    std::string set;
    std::vector<std::string> names;
  };
  const Entry& of(const Subject& subject) const;

  std::vector<Entry> experts_;
};

}  // namespace vitpose::tools

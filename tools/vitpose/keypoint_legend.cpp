#include "tools/vitpose/keypoint_legend.h"

#include <optional>

namespace vitpose::tools {

KeypointLegend::KeypointLegend(const PoseEstimator& estimator, const std::string& chosen) {
  const ModelInfo info = estimator.info();
  if (!chosen.empty()) {
    const KeypointSet set = find_keypoint_set(chosen);
    if (set.keypoint_names.size() != static_cast<std::size_t>(info.keypoints)) {
      throw Error(ErrorCode::kInvalidArgument, "--keypoint-set " + chosen + ": expected a set of the model's " +
                                                   std::to_string(info.keypoints) + " keypoints, found " +
                                                   std::to_string(set.keypoint_names.size()));
    }
    experts_.push_back({chosen, set.keypoint_names});
    return;
  }
  for (int expert = 0; expert < info.experts; ++expert) {
    const std::optional<KeypointSet> set = estimator.keypoint_set(expert);
    const std::string name = set ? set->name : "";
    // The model has one list of names; it is the first expert's. Another's set may be of other parts of other bodies.
    const bool same = experts_.empty() || !set || name == experts_.front().set;
    experts_.push_back({name, same ? estimator.keypoint_names() : set->keypoint_names});
  }
}

const KeypointLegend::Entry& KeypointLegend::of(const Subject& subject) const {
  // A model with one expert takes no notice of what a box names.
  return experts_.size() == 1 ? experts_.front() : experts_.at(static_cast<std::size_t>(subject.expert.value_or(0)));
}

}  // namespace vitpose::tools

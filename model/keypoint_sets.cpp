#include "model/keypoint_sets.h"

#include <array>
#include <string>

#include "core/error.h"

namespace vitpose::engine {

const KeypointSet& find_keypoint_set(std::string_view name) {
  std::string known;
  for (const KeypointSet& set : keypoint_sets()) {
    if (set.name == name) return set;
    known += known.empty() ? "" : ", ";
    known += set.name;
  }
  fail(ErrorCode::kInvalidArgument, "keypoint set: expected one of ", known, ", found '", name, "'");
}

// The sets stand in the order of the experts, so the first of a size is the one that published models use.
const KeypointSet* default_keypoint_set(Index keypoints) {
  for (const KeypointSet& set : keypoint_sets()) {
    if (static_cast<Index>(set.keypoint_names.size()) == keypoints) return &set;
  }
  return nullptr;
}

const KeypointSet* keypoint_set_of_dataset(Index dataset_index) {
  constexpr std::array<std::string_view, 6> kSets{"coco17", "aic14", "mpii16", "ap10k17", "ap10k17", "wholebody133"};
  if (dataset_index < 0 || dataset_index >= static_cast<Index>(kSets.size())) return nullptr;
  return &find_keypoint_set(kSets[static_cast<std::size_t>(dataset_index)]);
}

}  // namespace vitpose::engine

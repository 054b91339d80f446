// The C interface (include/vitpose/keypoints.h): keypoint sets.
#include <vector>

#include "draw/palette.h"
#include "model/c_api_support.h"
#include "model/keypoint_sets.h"

using namespace vitpose::engine;  // the functions themselves must be global

namespace {

// A set of the engine in the interface's types.
class PublicSet {
 public:
  explicit PublicSet(const KeypointSet& set)
      : engine_(&set), mirror_index_(set.flip_index.begin(), set.flip_index.end()) {
    for (const std::string_view name : set.keypoint_names) names_.push_back(name.data());  // literals end with '\0'
    for (std::size_t k = 0; k < names_.size(); ++k) keypoint_colours_.push_back(to_public(keypoint_colour(set, k)));
    for (std::size_t e = 0; e < set.edges.size(); ++e) {
      edges_.push_back({set.edges[e].from, set.edges[e].to});
      edge_colours_.push_back(to_public(edge_colour(set, e)));
    }
    view_.name = set.name.data();
    view_.title = set.title.data();
    view_.keypoint_count = static_cast<std::int32_t>(names_.size());
    view_.edge_count = static_cast<std::int32_t>(edges_.size());
    view_.keypoint_names = names_.data();
    view_.mirror_index = mirror_index_.data();
    view_.sigmas = set.sigmas.empty() ? nullptr : set.sigmas.data();
    view_.keypoint_colours = keypoint_colours_.data();
    view_.edges = edges_.data();
    view_.edge_colours = edge_colours_.data();
  }

  const KeypointSet* engine() const { return engine_; }
  const vitpose_keypoint_set* view() const { return &view_; }

 private:
  static vitpose_rgb to_public(const Rgb& colour) { return {colour.red, colour.green, colour.blue}; }

  const KeypointSet* engine_;
  std::vector<const char*> names_;
  std::vector<std::int32_t> mirror_index_;
  std::vector<vitpose_rgb> keypoint_colours_;
  std::vector<vitpose_edge> edges_;
  std::vector<vitpose_rgb> edge_colours_;
  vitpose_keypoint_set view_{};
};

const std::vector<PublicSet>& public_sets() {
  static const std::vector<PublicSet> sets(keypoint_sets().begin(), keypoint_sets().end());
  return sets;
}

const vitpose_keypoint_set* public_set(const KeypointSet& wanted) {
  for (const PublicSet& set : public_sets()) {
    if (set.engine() == &wanted) return set.view();
  }
  return nullptr;
}

const KeypointSet* set_of_expert(const ModelConfig& config, std::int64_t expert) {
  if (expert < 0 || expert >= config.experts) return nullptr;
  if (config.keypoint_sets.empty()) return default_keypoint_set(config.keypoints());
  const KeypointSet& set = find_keypoint_set(config.keypoint_sets[static_cast<std::size_t>(expert)]);
  return static_cast<Index>(set.keypoint_names.size()) == config.keypoints() ? &set : nullptr;
}

}  // namespace

extern "C" {

size_t vitpose_keypoint_set_count(void) {
  return keypoint_sets().size();
}

const vitpose_keypoint_set* vitpose_keypoint_set_get(size_t index) {
  const vitpose_keypoint_set* result = nullptr;
  guarded([&] {
    if (index < public_sets().size()) result = public_sets()[index].view();
  });
  return result;
}

vitpose_status vitpose_keypoint_set_find(const char* name, const vitpose_keypoint_set** set) {
  return guarded([&] {
    require_pointer(set, "set");
    *set = nullptr;
    require_pointer(name, "name");
    *set = public_set(find_keypoint_set(name));
  });
}

const vitpose_keypoint_set* vitpose_estimator_keypoint_set(const vitpose_estimator* estimator, int64_t expert) {
  if (estimator == nullptr) return nullptr;
  const vitpose_keypoint_set* result = nullptr;
  guarded([&] {
    if (const KeypointSet* set = set_of_expert(estimator->engine->config(), expert)) result = public_set(*set);
  });
  return result;
}

}  // extern "C"

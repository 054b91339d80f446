#include "tools/vitpose/run/box_plan.h"

#include <algorithm>
#include <utility>

namespace vitpose::tools {

BoxPlan::BoxPlan(std::optional<ListedImages> listed, const std::vector<Box>& fixed, std::optional<std::int64_t> expert)
    : listed_(std::move(listed)), expert_(expert) {
  for (const Box& box : fixed) fixed_.push_back({.box = box, .expert = expert, .track_id = {}});
  if (!listed_) return;
  for (auto& [image, entry] : *listed_) {
    for (Subject& subject : entry.subjects) {
      if (!subject.expert) subject.expert = expert;
    }
  }
}

std::vector<Subject> BoxPlan::subjects(std::size_t image, int width, int height) const {
  if (listed_) {
    const auto found = listed_->find(image);
    return found == listed_->end() ? std::vector<Subject>() : found->second.subjects;
  }
  if (!fixed_.empty()) return fixed_;
  const Box whole{0, 0, static_cast<double>(width), static_cast<double>(height)};
  return {{.box = whole, .expert = expert_, .track_id = {}}};
}

std::optional<std::int64_t> BoxPlan::image_id(std::size_t image) const {
  if (!listed_) return std::nullopt;
  const auto found = listed_->find(image);
  return found == listed_->end() ? std::nullopt : found->second.id;
}

std::optional<std::size_t> BoxPlan::last_listed() const {
  std::optional<std::size_t> last;
  if (!listed_) return last;
  for (const auto& [image, entry] : *listed_) last = std::max(last.value_or(0), image);
  return last;
}

std::optional<std::size_t> BoxPlan::first_without_expert() const {
  if (expert_) return std::nullopt;
  if (!listed_) return 0;
  std::optional<std::size_t> first;
  for (const auto& [image, entry] : *listed_) {
    const bool all = std::all_of(entry.subjects.begin(), entry.subjects.end(),
                                 [](const Subject& subject) { return subject.expert.has_value(); });
    if (!all) first = std::min(first.value_or(image), image);
  }
  return first;
}

bool BoxPlan::has_tracks() const {
  if (!listed_) return false;
  return std::any_of(listed_->begin(), listed_->end(), [](const auto& listed) {
    const std::vector<Subject>& subjects = listed.second.subjects;
    return std::any_of(subjects.begin(), subjects.end(), [](const Subject& s) { return s.track_id.has_value(); });
  });
}

}  // namespace vitpose::tools

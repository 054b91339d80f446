#include "model/expert_selection.h"

#include "core/error.h"

namespace vitpose::engine {

ExpertSelection::ExpertSelection(const ModelConfig& config, std::span<const std::int64_t> experts, Index crops,
                                 bool hf_exact)
    : experts_(config.experts), selected_(experts) {
  if (experts_ == 1 || crops == 0) return;
  if (experts.empty()) {
    fail(ErrorCode::kInvalidArgument, "this model has ", experts_,
         " experts: expected an expert for each box, or one for all, found none");
  }
  if (experts.size() != 1 && experts.size() != static_cast<std::size_t>(crops)) {
    fail(ErrorCode::kInvalidArgument, "experts: expected 1 or ", crops, ", one for each box, found ", experts.size());
  }
  for (std::size_t i = 0; i < experts.size() && !hf_exact; ++i) {
    if (experts[i] < 0 || experts[i] >= experts_) {
      fail(ErrorCode::kInvalidArgument, "expert of box ", i, ": expected 0 to ", experts_ - 1, ", found ", experts[i]);
    }
  }
}

Index ExpertSelection::expert_of(Index crop) const {
  if (experts_ == 1) return 0;
  const Index expert = selected_.size() == 1 ? selected_[0] : selected_[static_cast<std::size_t>(crop)];
  return expert >= 0 && expert < experts_ ? expert : kNoExpert;
}

std::span<const ExpertRun> ExpertSelection::runs(Index first, Index crops, Workspace& workspace) const {
  auto* runs = workspace.take<ExpertRun>(crops);
  std::size_t count = 0;
  for (Index crop = first; crop < first + crops; ++crop) {
    const Index expert = expert_of(crop);
    if (count == 0 || runs[count - 1].expert != expert) runs[count++] = {expert, 0};
    ++runs[count - 1].crops;
  }
  return {runs, count};
}

}  // namespace vitpose::engine

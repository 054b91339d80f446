// Which expert serves which crop: dataset_index in Hugging Face's words.
#pragma once

#include <cstdint>
#include <span>

#include "core/workspace.h"
#include "model/config.h"
#include "model/vit.h"

namespace vitpose::engine {

class ExpertSelection {
 public:
  // `experts` (not copied): one value for all crops, or one for each; empty, and ignored, for a model with one expert.
  // Error kInvalidArgument for another number of values, or an index out of range. With `hf_exact` such an index
  // means what it means in transformers: the experts' channels are zero.
  ExpertSelection(const ModelConfig& config, std::span<const std::int64_t> experts, Index crops, bool hf_exact);

  Index expert_of(Index crop) const;  // kNoExpert for an index out of range; 0 for a model with one expert

  // Neighbouring crops of [first, first + crops) with the same expert, in memory of the workspace.
  std::span<const ExpertRun> runs(Index first, Index crops, Workspace& workspace) const;

 private:
  Index experts_;  // of the model
  std::span<const std::int64_t> selected_;
};

}  // namespace vitpose::engine

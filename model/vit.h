// The backbone: a plain vision transformer, with a mixture of experts in ViTPose++'s second half of each layer.
#pragma once

#include <span>

#include "core/tensor.h"
#include "core/workspace.h"
#include "model/config.h"
#include "model/weights.h"
#include "ops/backend.h"

namespace vitpose::engine {

// Neighbouring crops of a batch that use the same expert.
struct ExpertRun {
  Index expert = 0;  // kNoExpert: the expert's channels of every layer are zero (hf_exact, index out of range)
  Index crops = 0;
};
inline constexpr Index kNoExpert = -1;

struct VitInput {
  TensorView<const float> pixel_values;        // [B, 3, H, W]
  std::span<const ExpertRun> experts;          // covers B crops; ignored when E = 1
  TensorView<float>* hidden_states = nullptr;  // [L + 1, N, T, D] to fill in, or null: then layers behind
                                               // config.feature_stage are not computed
  Index first_crop = 0;                        // of the N: where these B crops' states go
};

// tokens [B*T, D], of the backend's type = the final norm of the feature stage's output.
void run_vit(const Backend& nn, const ModelConfig& config, const Weights& weights, const VitInput& input,
             Activations tokens, Workspace& workspace);

}  // namespace vitpose::engine

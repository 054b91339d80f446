// The two decoders: feature tokens to heatmaps.
#pragma once

#include "core/tensor.h"
#include "core/workspace.h"
#include "model/config.h"
#include "model/weights.h"
#include "ops/backend.h"

namespace vitpose::engine {

// tokens [B*T, D] (changed by the call) -> heatmaps [B, K, h, w]; the decoder that config.simple_decoder names.
void run_head(const Backend& nn, const ModelConfig& config, const Weights& weights, Activations tokens,
              TensorView<float> heatmaps, Workspace& workspace);

}  // namespace vitpose::engine

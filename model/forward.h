// The whole network: backbone, then decoder.
#pragma once

#include "core/tensor.h"
#include "core/workspace.h"
#include "model/vit.h"

namespace vitpose::engine {

// in.pixel_values [B, 3, H, W] -> heatmaps [B, K, h, w]
void run_model(const Backend& nn, const ModelConfig& config, const Weights& weights, const VitInput& in,
               TensorView<float> heatmaps, Workspace& workspace);

}  // namespace vitpose::engine

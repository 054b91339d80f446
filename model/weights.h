// Every weight of the model with its shape beside it. Views: the ParameterSet they were bound to owns the memory.
#pragma once

#include <vector>

#include "model/config.h"
#include "model/parameters.h"
#include "ops/backend.h"

namespace vitpose::engine {

struct LayerWeights {
  LayerNormWeights norm1;              // [D]
  LinearWeights qkv;                   // [3D, D]: query, key, value
  LinearWeights projection;            // [D, D]
  LayerNormWeights norm2;              // [D]
  LinearWeights fc1;                   // [F, D]
  LinearWeights fc2;                   // [D - P, F]
  std::vector<LinearWeights> experts;  // E of [P, F]; empty when E = 1
};

struct ClassicHeadWeights {
  TransposedConvolutionWeights deconv1;  // 4 phases of [256, 4D]
  TransposedConvolutionWeights deconv2;  // 4 phases of [256, 4 * 256]
  LinearWeights convolution;             // [K, 256]
};

struct SimpleHeadWeights {
  LinearWeights taps;           // [9K, D], no bias
  const float* bias = nullptr;  // [K]
};

struct Weights {
  PatchEmbeddingWeights patch_embedding;  // [D, 3 * patch * patch]; positions [1 + T, D]
  std::vector<LayerWeights> layers;       // L
  LayerNormWeights norm;                  // [D]
  ClassicHeadWeights classic_head;        // filled when !config.simple_decoder
  SimpleHeadWeights simple_head;          // filled when config.simple_decoder
};

// Finds every parameter, checks its shape and lets the backend prepare it. Error kFormat for a parameter, kUnsupported
// for sizes that the backend cannot compute with.
Weights bind_weights(const ParameterSet& parameters, const ModelConfig& config, const Backend& backend);

}  // namespace vitpose::engine

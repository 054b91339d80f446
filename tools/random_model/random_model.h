// Checkpoints in Hugging Face's form with random weights, for demonstrations and tests: no trained model is part of
// this repository.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"

namespace vitpose::tools {

struct RandomModelOptions {
  engine::Index image_height = 256;
  engine::Index image_width = 192;
  engine::Index hidden_size = 192;
  engine::Index layers = 4;
  engine::Index heads = 6;
  engine::Index mlp_ratio = 4;
  engine::Index experts = 1;
  engine::Index part_features = 48;  // of each expert; without meaning for one expert
  engine::Index keypoints = 17;      // 17 have COCO's names
  bool simple_decoder = true;
  engine::DType dtype = engine::DType::kF32;  // kF32, kF16 or kBF16
  std::uint64_t seed = 0;
};

struct NamedWeights {
  std::string name;
  engine::Shape shape;
  std::vector<float> values;
};

// The same options give the same values everywhere.
std::vector<NamedWeights> random_weights(const RandomModelOptions& options);

// Writes config.json, preprocessor_config.json and model.safetensors into `folder`, which is made when missing.
void write_random_model(const std::string& folder, const RandomModelOptions& options);

// As write_random_model, with tensors of the caller's making: damaged checkpoints for tests.
void write_model_files(const std::string& folder, const RandomModelOptions& options,
                       const std::vector<NamedWeights>& weights);

}  // namespace vitpose::tools

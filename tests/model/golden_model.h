// A file of tests/model/goldens, made by make_goldens.py: a tiny model by formula and a sample of what transformers
// computes with it in float64.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.h"

namespace vitpose::engine::golden {

struct Sample {
  std::array<Index, 4> place{};
  double value = 0;
};

struct HiddenLayer {
  double tolerance = 0;
  std::vector<Sample> samples;  // n, token, channel
};

struct FormulaTensor {
  std::string name;
  double scale = 0;
  double offset = 0;
  std::vector<Index> shape;
};

struct GoldenModel {
  std::string config;  // config.json
  std::vector<FormulaTensor> tensors;
  Index crops = 0;
  std::vector<std::int64_t> experts;
  double tolerance = 0;
  std::vector<Index> heatmap_shape;
  std::vector<Sample> heatmaps;     // n, k, y, x
  std::vector<HiddenLayer> hidden;  // embedding, then every layer
};

GoldenModel read_golden_model(const std::string& path);

// Element i: 24 bits of a hash of the tensor's name and i, as a number in [-1, 1), times `scale` plus `offset`.
std::vector<float> formula_values(const FormulaTensor& tensor);

// Writes config.json and model.safetensors.
void write_checkpoint(const GoldenModel& model, const std::string& directory);

}  // namespace vitpose::engine::golden

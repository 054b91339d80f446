// int4 for crops like those that a model will see: the layers' weights are rounded so that their errors make up for
// each other in the products with what these crops give the layers to read (ops/int4_feedback.h), and those that write
// to the residual stream also for what it has lost in the layers before.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "model/config.h"
#include "model/parameters.h"
#include "model/vit.h"

namespace vitpose::engine {

struct CalibrationCrops {
  std::span<const float> pixel_values;    // [N, 3, H, W], finite; N is what they suffice for
  std::span<const std::int64_t> experts;  // one per crop, or one for all; empty only for a model with one expert
};

// The crops in the order of their experts, so that each has one run of them; every one twice, for the exact model and
// beside it for the rounded one. Copies.
class CalibrationSet {
 public:
  // With `kept` only the crops of that expert (all, if `experts` is empty), for the plain model made of it. Error
  // kInvalidArgument for a wrong shape, an expert out of range, values that are not finite, or no crop at all.
  CalibrationSet(const CalibrationCrops& crops, const ModelConfig& config, std::optional<Index> kept);

  Index size() const { return pixel_values_.shape()[0] / 2; }
  VitInput input() const { return {pixel_values_.view<float>(), runs_}; }

 private:
  Tensor pixel_values_;  // [2 N, 3, H, W]
  std::vector<ExpertRun> runs_;
};

// Replaces the layers' int4 matrices in `rounded`; `exact` has them as f32. Those of an expert without crops stay.
// Computes in f32 with all processors; memory: about 20 values per crop, token and channel.
void calibrate_int4(const ParameterSet& exact, const ModelConfig& config, const CalibrationSet& crops,
                    ParameterSet& rounded);

}  // namespace vitpose::engine

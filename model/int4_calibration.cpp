#include "model/int4_calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/float_environment.h"
#include "model/calibrating_backend.h"
#include "model/expert_selection.h"
#include "model/weights.h"

namespace vitpose::engine {

namespace {

// Of all int4 matrices, by where the exact ones lie.
CalibratingBackend::Names names_of(const ParameterSet& exact, const ParameterSet& rounded) {
  CalibratingBackend::Names names;
  for (const auto& [name, parameter] : rounded.all()) {
    if (parameter.dtype == DType::kU8) names[exact.all().at(name).data] = name;
  }
  return names;
}

// As [N, 3, H, W].
TensorView<const float> checked(std::span<const float> pixel_values, const ModelConfig& config) {
  const Index values = 3 * config.image_height * config.image_width;
  const auto count = static_cast<Index>(pixel_values.size());
  if (count == 0 || count % values != 0) {
    fail(ErrorCode::kInvalidArgument, "calibration: expected pixel_values of one crop or more, each [3,",
         config.image_height, ",", config.image_width, "], found ", count, " values");
  }
  const auto bad = std::find_if(pixel_values.begin(), pixel_values.end(), [](float v) { return !std::isfinite(v); });
  if (bad != pixel_values.end()) {
    fail(ErrorCode::kInvalidArgument, "calibration: expected finite pixel_values, found ", *bad, " in crop ",
         (bad - pixel_values.begin()) / values);
  }
  return {pixel_values.data(), {count / values, 3, config.image_height, config.image_width}};
}

}  // namespace

CalibrationSet::CalibrationSet(const CalibrationCrops& crops, const ModelConfig& config, std::optional<Index> kept) {
  const TensorView<const float> all = checked(crops.pixel_values, config);
  const Index count = all.shape[0];
  const std::int64_t only[] = {kept.value_or(0)};
  const ExpertSelection experts(config, crops.experts.empty() && kept ? only : crops.experts, count, false);
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  if (config.experts > 1 && kept) std::erase_if(order, [&](Index crop) { return experts.expert_of(crop) != *kept; });
  if (order.empty()) fail(ErrorCode::kInvalidArgument, "calibration: none of ", count, " crops is for expert ", *kept);
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return experts.expert_of(a) < experts.expert_of(b); });
  const auto kept_crops = static_cast<Index>(order.size());
  pixel_values_ = Tensor(DType::kF32, {2 * kept_crops, 3, config.image_height, config.image_width});
  float* out = pixel_values_.data<float>();
  for (const Index crop : order) {
    const TensorView<const float> pixels = all[crop];
    for (int copy = 0; copy < 2; ++copy) out = std::copy_n(pixels.data, pixels.count(), out);
    if (runs_.empty() || runs_.back().expert != experts.expert_of(crop)) runs_.push_back({experts.expert_of(crop), 0});
    runs_.back().crops += 2;
  }
}

void calibrate_int4(const ParameterSet& exact, const ModelConfig& config, const CalibrationSet& crops,
                    ParameterSet& rounded) {
  const FloatEnvironment environment;
  const auto pool = std::make_shared<ThreadPool>(available_processors());
  const CalibratingBackend backend(make_backend({}, pool), names_of(exact, rounded), config.tokens(), *pool, rounded);
  const Weights weights = bind_weights(exact, config, backend);
  Workspace workspace;
  const Activations tokens =
      take_activations(workspace, DType::kF32, 2 * crops.size() * config.tokens(), config.hidden_size);
  run_vit(backend, config, weights, crops.input(), tokens, workspace);
}

}  // namespace vitpose::engine

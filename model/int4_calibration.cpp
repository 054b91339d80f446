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
#include "model/expert_selection.h"
#include "model/weights.h"
#include "ops/forwarding_backend.h"
#include "ops/int4_feedback.h"

namespace vitpose::engine {

namespace {

constexpr Index kRowsAtOnce = 2048;  // of inputs, while their moments are added up

// In tiles, so that what is written lies in a few cache lines.
Tensor transposed(MatrixView<const float> x) {
  constexpr Index kTile = 16;
  Tensor result(DType::kF32, {x.columns, x.rows});
  float* const out = result.data<float>();
  for (Index first_row = 0; first_row < x.rows; first_row += kTile) {
    const Index last_row = std::min(first_row + kTile, x.rows);
    for (Index first = 0; first < x.columns; first += kTile) {
      for (Index column = first; column < std::min(first + kTile, x.columns); ++column) {
        for (Index row = first_row; row < last_row; ++row) out[column * x.rows + row] = x.row(row)[column];
      }
    }
  }
  return result;
}

// X^T X of x [rows, k], as products that the backend computes.
Tensor second_moments(const Backend& backend, MatrixView<const float> x, Workspace& workspace) {
  const Index k = x.columns;
  Tensor moments(DType::kF32, {k, k});
  std::fill_n(moments.data<float>(), moments.count(), 0.0f);
  for (Index first = 0; first < x.rows; first += kRowsAtOnce) {
    const Index rows = std::min(kRowsAtOnce, x.rows - first);
    const Tensor turned = transposed(x.row_block(first, rows));
    const Tensor packed = pack_matrix(turned.view<float>(), DType::kF32);
    LinearWeights weights;
    weights.matrix = packed_view(packed, k, rows);
    backend.linear(MatrixView<const float>(turned.data<float>(), k, rows), weights,
                   MatrixView<float>(moments.data<float>(), k, k), Epilogue::kAccumulate, workspace);
  }
  return moments;
}

// Rounds the weights of every linear map, by address, for the input that it is given.
class CalibratingBackend final : public ForwardingBackend {
 public:
  using Names = std::map<const void*, std::string>;

  CalibratingBackend(std::unique_ptr<Backend> backend, Names names, ThreadPool& pool, ParameterSet& rounded)
      : ForwardingBackend(std::move(backend)), names_(std::move(names)), pool_(pool), rounded_(rounded) {}

  void linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
              Workspace& workspace) const override {
    if (const auto name = names_.find(weights.matrix.data); name != names_.end()) {
      const Workspace::Scope scope(workspace);
      const Tensor exact = unpack_matrix(weights.matrix);
      // Of this class's own: their products are no linear maps of the model.
      const Tensor moments = second_moments(*this, x.f32(), workspace);
      rounded_.add_matrix(name->second, pack_int4(exact.view<float>(), moments.view<float>(), pool_));
    }
    ForwardingBackend::linear(x, weights, out, epilogue, workspace);
  }

 private:
  Names names_;
  ThreadPool& pool_;
  ParameterSet& rounded_;
};

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
  pixel_values_ = Tensor(DType::kF32, {static_cast<Index>(order.size()), 3, config.image_height, config.image_width});
  float* out = pixel_values_.data<float>();
  for (const Index crop : order) {
    const TensorView<const float> pixels = all[crop];
    out = std::copy_n(pixels.data, pixels.count(), out);
    if (runs_.empty() || runs_.back().expert != experts.expert_of(crop)) runs_.push_back({experts.expert_of(crop), 0});
    ++runs_.back().crops;
  }
}

void calibrate_int4(const ParameterSet& exact, const ModelConfig& config, const CalibrationSet& crops,
                    ParameterSet& rounded) {
  const FloatEnvironment environment;
  const auto pool = std::make_shared<ThreadPool>(available_processors());
  const CalibratingBackend backend(make_backend({}, pool), names_of(exact, rounded), *pool, rounded);
  const Weights weights = bind_weights(exact, config, backend);
  Workspace workspace;
  const Activations tokens =
      take_activations(workspace, DType::kF32, crops.size() * config.tokens(), config.hidden_size);
  run_vit(backend, config, weights, crops.input(), tokens, workspace);
}

}  // namespace vitpose::engine

#include "model/convert.h"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "model/model_files.h"
#include "model/weights.h"
#include "ops/backend.h"

namespace vitpose::engine {

namespace {

// `upper` on top of `lower`: [a, k] and [b, k] -> [a + b, k]. Vectors are matrices of one column.
Tensor stack(TensorView<const float> upper, TensorView<const float> lower) {
  Shape shape{upper.shape[0] + lower.shape[0]};
  if (upper.shape.rank() == 2) shape.push_back(upper.shape[1]);
  Tensor stacked(DType::kF32, shape);
  float* middle = std::copy_n(upper.data, upper.count(), stacked.data<float>());
  std::copy_n(lower.data, lower.count(), middle);
  return stacked;
}

// fc2's rows followed by the expert's: a plain model that computes exactly what the expert computed.
class ExpertExtraction {
 public:
  ExpertExtraction(const ModelFiles& files, Index expert, DType storage, const std::string& where)
      : in_(files.parameters), config_(files.config), expert_(std::to_string(expert)), storage_(storage), out_(where) {}

  ParameterSet run() {
    for (const auto& [name, parameter] : in_.all()) {
      if (name.find(".experts.") != std::string::npos || name.find(".fc2.") != std::string::npos) continue;
      out_.add_view(name, {parameter.dtype, parameter.shape, static_cast<const std::byte*>(parameter.data), 0});
    }
    for (Index layer = 0; layer < config_.layers; ++layer) join("layer." + std::to_string(layer) + ".");
    return std::move(out_);
  }

 private:
  void join(const std::string& layer) {
    const Index inner = config_.feed_forward_size;
    const Index part = config_.part_features;
    const Index shared = config_.hidden_size - part;
    const std::string expert = layer + "experts." + expert_;
    const Tensor upper = unpack_matrix(in_.matrix(layer + "fc2.weight", shared, inner));
    const Tensor lower = unpack_matrix(in_.matrix(expert + ".weight", part, inner));
    out_.add_matrix(layer + "fc2.weight", stack(upper.view<float>(), lower.view<float>()).view<float>(), storage_);
    const TensorView<const float> upper_bias(in_.vector(layer + "fc2.bias", shared), {shared});
    const TensorView<const float> lower_bias(in_.vector(expert + ".bias", part), {part});
    out_.add_vector(layer + "fc2.bias", stack(upper_bias, lower_bias).view<float>());
  }

  const ParameterSet& in_;
  const ModelConfig& config_;
  std::string expert_;
  DType storage_;
  ParameterSet out_;
};

void check_converted_source(const ModelFiles& files, const ConvertOptions& options, const std::string& source) {
  if (files.converted && files.storage != storage_name(options.storage)) {
    fail(ErrorCode::kUnsupported, source, ": is stored as ", files.storage, " already, cannot become ",
         storage_name(options.storage), "; convert the original checkpoint instead");
  }
}

// A converted file is copied as it is, so whether it has every parameter in its shape must be asked before.
void check_parameters(const ModelFiles& files, DType storage) {
  if (storage == DType::kI8) {
    const BackendOptions bytes{.dtype = DType::kI8, .float_parts = DType::kF32};
    bind_weights(files.parameters, files.config, *make_backend(bytes, std::make_shared<ThreadPool>(1)));
  } else {
    bind_weights(files.parameters, files.config, *make_backend({.backend = "reference"}, nullptr));
  }
}

void check_calibration(const ModelFiles& files, const ConvertOptions& options, const std::string& source) {
  if (options.storage != DType::kI4) {
    fail(ErrorCode::kInvalidArgument, "calibration: expected int4 to be asked for, which alone makes use of it, found ",
         storage_name(options.storage));
  }
  if (files.converted) {
    fail(ErrorCode::kUnsupported, source, ": is rounded to int4 already; calibration needs the original checkpoint");
  }
}

// What is written: all experts, or the one that is kept.
struct Model {
  ModelConfig config;
  ParameterSet parameters;
};

// `files` keeps what the parameters may look into.
Model select_experts(ModelFiles& files, std::optional<Index> kept, DType storage, const std::string& source) {
  if (!kept.has_value() || files.config.experts == 1) {
    if (kept.value_or(0) != 0) {
      fail(ErrorCode::kInvalidArgument, source, ": expert ", *kept, " was asked for, but the model has only one");
    }
    return {files.config, std::move(files.parameters)};
  }
  const Index expert = *kept;
  if (expert < 0 || expert >= files.config.experts) {
    fail(ErrorCode::kInvalidArgument, source, ": expected an expert from 0 to ", files.config.experts - 1, ", found ",
         expert);
  }
  Model plain{files.config, ExpertExtraction(files, expert, storage, source).run()};
  plain.config.experts = 1;
  plain.config.part_features = 0;
  std::vector<std::string>& sets = plain.config.keypoint_sets;
  if (!sets.empty()) sets = {sets[static_cast<std::size_t>(expert)]};
  return plain;
}

}  // namespace

void convert_model(const std::string& source, const std::string& destination, const ConvertOptions& options) {
  assert(options.storage == DType::kF32 || options.storage == DType::kBF16 || options.storage == DType::kI8 ||
         options.storage == DType::kI4);
  ModelFiles files = open_model(source, MappedFile::Access::kMap, options.storage);
  check_converted_source(files, options, source);
  check_parameters(files, options.storage);
  if (options.calibration) check_calibration(files, options, source);
  const bool is_extracted = options.expert.has_value() && files.config.experts > 1;
  std::string remark = "converted from " + std::filesystem::path(source).filename().string();
  Model model = select_experts(files, options.expert, options.storage, source);
  if (is_extracted) remark += ", expert " + std::to_string(*options.expert);
  if (options.calibration) {
    ModelFiles exact_files = open_model(source, MappedFile::Access::kMap, DType::kF32);
    const CalibrationSet crops(*options.calibration, exact_files.config, options.expert);
    const Model exact = select_experts(exact_files, options.expert, DType::kF32, source);
    calibrate_int4(exact.parameters, exact.config, crops, model.parameters);
    remark += ", calibrated with " + std::to_string(crops.size()) + " crops";
  }
  write_converted_file(destination, model.config, files.preprocess, model.parameters, remark);
}

}  // namespace vitpose::engine

#include "model/weights.h"

#include <string>

#include "core/error.h"

namespace vitpose::engine {

namespace {

class Binder {
 public:
  Binder(const ParameterSet& parameters, const ModelConfig& config, const Backend& backend)
      : parameters_(parameters), config_(config), backend_(backend) {}

  LayerNormWeights norm(const std::string& name) const {
    return {parameters_.vector(name + ".weight", config_.hidden_size),
            parameters_.vector(name + ".bias", config_.hidden_size), config_.layer_norm_epsilon};
  }

  LinearWeights linear(const std::string& name, Index n, Index k, bool has_bias = true) const {
    const float* bias = has_bias ? parameters_.vector(name + ".bias", n) : nullptr;
    return prepared(name + ".weight", n, k, bias, Use::kLinear);
  }

  LayerWeights layer(Index number) const {
    const std::string name = "layer." + std::to_string(number) + ".";
    const Index size = config_.hidden_size;
    const Index inner = config_.feed_forward_size;
    LayerWeights weights;
    weights.norm1 = norm(name + "norm1");
    weights.qkv = linear(name + "qkv", 3 * size, size, config_.qkv_bias);
    weights.projection = linear(name + "projection", size, size);
    weights.norm2 = norm(name + "norm2");
    weights.fc1 = linear(name + "fc1", inner, size);
    weights.fc2 = linear(name + "fc2", size - config_.part_features, inner);
    for (Index expert = 0; config_.experts > 1 && expert < config_.experts; ++expert) {
      weights.experts.push_back(linear(name + "experts." + std::to_string(expert), config_.part_features, inner));
    }
    return weights;
  }

  PatchEmbeddingWeights patch_embedding() const {
    const Index patch = config_.patch_height;
    PatchEmbeddingWeights weights;
    weights.projection = prepared("embeddings.weight", config_.hidden_size, 3 * patch * patch,
                                  parameters_.vector("embeddings.bias", config_.hidden_size), Use::kOther);
    weights.position = parameters_.vector("embeddings.position", (config_.tokens() + 1) * config_.hidden_size);
    weights.patch = patch;
    return weights;
  }

  ClassicHeadWeights classic_head() const {
    return {transposed_convolution("head.deconv1", config_.hidden_size),
            transposed_convolution("head.deconv2", kDecoderChannels),
            prepared("head.conv.weight", config_.keypoints(), kDecoderChannels,
                     parameters_.vector("head.bias", config_.keypoints()), Use::kOther)};
  }

  SimpleHeadWeights simple_head() const {
    return {prepared("head.taps.weight", 9 * config_.keypoints(), config_.hidden_size, nullptr, Use::kOther),
            parameters_.vector("head.bias", config_.keypoints())};
  }

 private:
  // The layers' linear maps take int8 and int4, transposed convolutions int8.
  enum class Use { kLinear, kWindows, kOther };

  LinearWeights prepared(const std::string& name, Index n, Index k, const float* bias, Use use) const {
    const PackedMatrix matrix = parameters_.matrix(name, n, k);
    const auto fits = [&](DType dtype) {
      if (use == Use::kLinear) return backend_.multiplies(dtype);
      if (use == Use::kWindows && dtype == DType::kI8) return int8_windows_fit(k / 4) && backend_.multiplies(dtype);
      return dtype == DType::kBF16 || dtype == backend_.activations();
    };
    if (!fits(matrix.dtype)) {
      std::string expected;
      for (const DType dtype : {DType::kF32, DType::kBF16, DType::kI8, DType::kI4}) {
        if (fits(dtype)) expected += (expected.empty() ? "" : " or ") + std::string(name_of(dtype));
      }
      fail(ErrorCode::kFormat, "parameter '", name, "': expected ", expected, ", found ", name_of(matrix.dtype));
    }
    LinearWeights weights{matrix, bias, nullptr};
    backend_.prepare(weights);
    return weights;
  }

  TransposedConvolutionWeights transposed_convolution(const std::string& name, Index in_channels) const {
    const float* bias = parameters_.vector(name + ".bias", kDecoderChannels);
    TransposedConvolutionWeights weights;
    for (int phase = 0; phase < 4; ++phase) {
      const std::string matrix = name + ".phase" + std::to_string(phase) + ".weight";
      weights.phases[phase] = prepared(matrix, kDecoderChannels, 4 * in_channels, bias, Use::kWindows);
    }
    return weights;
  }

  const ParameterSet& parameters_;
  const ModelConfig& config_;
  const Backend& backend_;
};

// Products of bf16 take k in pairs.
void check_sizes(const ModelConfig& config, const Backend& backend) {
  const Index head_size = config.hidden_size / config.heads;
  if (backend.activations() != DType::kBF16 || (head_size % 2 == 0 && config.feed_forward_size % 2 == 0)) return;
  fail(ErrorCode::kUnsupported, "arithmetic of bf16: expected an even head size and feed-forward size, found ",
       head_size, " and ", config.feed_forward_size);
}

}  // namespace

Weights bind_weights(const ParameterSet& parameters, const ModelConfig& config, const Backend& backend) {
  check_sizes(config, backend);
  const Binder bind(parameters, config, backend);
  Weights weights;
  weights.patch_embedding = bind.patch_embedding();
  for (Index layer = 0; layer < config.layers; ++layer) weights.layers.push_back(bind.layer(layer));
  weights.norm = bind.norm("norm");
  if (config.simple_decoder) {
    weights.simple_head = bind.simple_head();
  } else {
    weights.classic_head = bind.classic_head();
  }
  return weights;
}

}  // namespace vitpose::engine

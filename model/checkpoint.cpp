#include "model/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "io/excerpt.h"

namespace vitpose::engine {

namespace {

constexpr double kBatchNormEpsilon = 1e-5;

// Reads tensors by name and remembers which ones were asked for.
class Reader {
 public:
  explicit Reader(const SafeTensors& tensors) : tensors_(tensors) {}

  Tensor operator()(const std::string& name, const Shape& shape) {
    used_.insert(name);
    return tensors_.load_f32(name, shape);
  }

  // One line for all tensors that no layer wanted.
  void note_extra(std::vector<std::string>& notes) const {
    std::string first;
    int count = 0;
    for (const auto& [name, tensor] : tensors_.tensors()) {
      const bool counter = name.size() > 19 && name.compare(name.size() - 19, 19, "num_batches_tracked") == 0;
      if (counter || used_.count(name) != 0) continue;
      if (count++ == 0) first = name;
    }
    if (count > 0)
      notes.push_back("ignored " + std::to_string(count) + " unexpected tensors, the first is '" + excerpt(first) +
                      "'");
  }

 private:
  const SafeTensors& tensors_;
  std::set<std::string> used_;
};

class CheckpointPacker {
 public:
  CheckpointPacker(const SafeTensors& tensors, const ModelConfig& config, DType storage)
      : read_(tensors),
        config_(config),
        linear_storage_(storage),
        other_storage_(storage == DType::kI8 || storage == DType::kI4 ? DType::kBF16 : storage),
        packed_(tensors.where()) {}

  ParameterSet pack(std::vector<std::string>& notes) {
    embeddings();
    for (Index layer = 0; layer < config_.layers; ++layer) {
      const std::string from = "backbone.encoder.layer." + std::to_string(layer) + ".";
      const std::string to = "layer." + std::to_string(layer) + ".";
      norm(from + "layernorm_before", to + "norm1");
      attention(from + "attention.", to);
      norm(from + "layernorm_after", to + "norm2");
      feed_forward(from + "mlp.", to);
    }
    norm("backbone.layernorm", "norm");
    if (config_.simple_decoder) {
      simple_head();
    } else {
      classic_head();
    }
    read_.note_extra(notes);
    return std::move(packed_);
  }

 private:
  void vector(const std::string& from, const std::string& to, Index n) {
    const Tensor values = read_(from, {n});
    packed_.add_vector(to, values.view<float>());
  }

  void norm(const std::string& from, const std::string& to) {
    vector(from + ".weight", to + ".weight", config_.hidden_size);
    vector(from + ".bias", to + ".bias", config_.hidden_size);
  }

  void linear(const std::string& from, const std::string& to, Index n, Index k) {
    const Tensor weights = read_(from + ".weight", {n, k});
    packed_.add_matrix(to + ".weight", weights.view<float>(), linear_storage_);
    vector(from + ".bias", to + ".bias", n);
  }

  void embeddings() {
    const Index size = config_.hidden_size;
    const Index patch = config_.patch_height;
    const Tensor projection = read_("backbone.embeddings.patch_embeddings.projection.weight", {size, 3, patch, patch});
    packed_.add_matrix("embeddings.weight", {projection.data<float>(), {size, 3 * patch * patch}}, other_storage_);
    vector("backbone.embeddings.patch_embeddings.projection.bias", "embeddings.bias", size);
    const Tensor position = read_("backbone.embeddings.position_embeddings", {1, config_.tokens() + 1, size});
    packed_.add_vector("embeddings.position", position.view<float>());
  }

  // query, key and value as one matrix of 3D output channels.
  void attention(const std::string& from, const std::string& to) {
    const Index size = config_.hidden_size;
    Tensor weights(DType::kF32, {3 * size, size});
    Tensor bias(DType::kF32, {3 * size});
    float* weights_out = weights.data<float>();
    float* bias_out = bias.data<float>();
    for (const char* part : {"query", "key", "value"}) {
      const Tensor part_weights = read_(from + "attention." + part + ".weight", {size, size});
      weights_out = std::copy_n(part_weights.data<float>(), size * size, weights_out);
      if (!config_.qkv_bias) continue;
      const Tensor part_bias = read_(from + "attention." + part + ".bias", {size});
      bias_out = std::copy_n(part_bias.data<float>(), size, bias_out);
    }
    packed_.add_matrix(to + "qkv.weight", weights.view<float>(), linear_storage_);
    if (config_.qkv_bias) packed_.add_vector(to + "qkv.bias", bias.view<float>());
    linear(from + "output.dense", to + "projection", size, size);
  }

  void feed_forward(const std::string& from, const std::string& to) {
    const Index size = config_.hidden_size;
    const Index inner = config_.feed_forward_size;
    linear(from + "fc1", to + "fc1", inner, size);
    linear(from + "fc2", to + "fc2", size - config_.part_features, inner);
    if (config_.experts == 1) return;
    for (Index expert = 0; expert < config_.experts; ++expert) {
      const std::string name = "experts." + std::to_string(expert);
      linear(from + name, to + name, config_.part_features, inner);
    }
  }

  // head.conv [K, D, 3, 3] as the nine 1x1 convolutions of upsampled_convolution.h: row = tap * K + k.
  void simple_head() {
    const Index size = config_.hidden_size;
    const Index keypoints = config_.keypoints();
    const Tensor convolution = read_("head.conv.weight", {keypoints, size, 3, 3});
    Tensor taps(DType::kF32, {9 * keypoints, size});
    const float* in = convolution.data<float>();
    float* out = taps.data<float>();
    for (Index k = 0; k < keypoints; ++k) {
      for (Index channel = 0; channel < size; ++channel) {
        for (Index tap = 0; tap < 9; ++tap) out[(tap * keypoints + k) * size + channel] = *in++;
      }
    }
    packed_.add_matrix("head.taps.weight", taps.view<float>(), other_storage_);
    vector("head.conv.bias", "head.bias", keypoints);
  }

  void classic_head() {
    transposed_convolution(1, config_.hidden_size);
    transposed_convolution(2, kDecoderChannels);
    const Index keypoints = config_.keypoints();
    const Tensor convolution = read_("head.conv.weight", {keypoints, kDecoderChannels, 1, 1});
    packed_.add_matrix("head.conv.weight", {convolution.data<float>(), {keypoints, kDecoderChannels}}, other_storage_);
    vector("head.conv.bias", "head.bias", keypoints);
  }

  // See TransposedConvolutionWeights: output row 2y + py reads kernel row 3 - py - 2r at window row r.
  void transposed_convolution(int number, Index in_channels) {
    const std::string norm_name = "head.batchnorm" + std::to_string(number);
    const std::string name = "head.deconv" + std::to_string(number);
    const Index out_channels = kDecoderChannels;
    const Tensor kernel = read_(name + ".weight", {in_channels, out_channels, 4, 4});
    const std::vector<double> scale = fold_batch_norm(norm_name, name);
    const bool is_int8 = linear_storage_ == DType::kI8 && int8_windows_fit(in_channels);
    const DType storage = is_int8 ? DType::kI8 : other_storage_;
    Tensor phase(DType::kF32, {out_channels, 4 * in_channels});
    for (Index py = 0; py < 2; ++py) {
      for (Index px = 0; px < 2; ++px) {
        for (Index window = 0; window < 4; ++window) {
          const Index tap = (3 - py - 2 * (window / 2)) * 4 + (3 - px - 2 * (window % 2));
          for (Index i = 0; i < in_channels; ++i) {
            for (Index o = 0; o < out_channels; ++o) {
              const double weight = kernel.data<float>()[(i * out_channels + o) * 16 + tap];
              phase.data<float>()[o * 4 * in_channels + window * in_channels + i] =
                  static_cast<float>(weight * scale[static_cast<std::size_t>(o)]);
            }
          }
        }
        packed_.add_matrix(name + ".phase" + std::to_string(2 * py + px) + ".weight", phase.view<float>(), storage);
      }
    }
  }

  // y = (x - mean) / sqrt(var + eps) * gamma + beta  =  x * scale + bias; stores the bias, returns the scales.
  std::vector<double> fold_batch_norm(const std::string& from, const std::string& to) {
    const Tensor gamma = read_(from + ".weight", {kDecoderChannels});
    const Tensor beta = read_(from + ".bias", {kDecoderChannels});
    const Tensor mean = read_(from + ".running_mean", {kDecoderChannels});
    const Tensor variance = read_(from + ".running_var", {kDecoderChannels});
    std::vector<double> scale;
    Tensor bias(DType::kF32, {kDecoderChannels});
    for (Index o = 0; o < kDecoderChannels; ++o) {
      scale.push_back(gamma.data<float>()[o] / std::sqrt(variance.data<float>()[o] + kBatchNormEpsilon));
      bias.data<float>()[o] = static_cast<float>(beta.data<float>()[o] - mean.data<float>()[o] * scale.back());
    }
    packed_.add_vector(to + ".bias", bias.view<float>());
    return scale;
  }

  Reader read_;
  const ModelConfig& config_;
  DType linear_storage_;  // of the layers' matrices, and of int8's transposed convolutions
  DType other_storage_;   // of the embedding and the rest of the head, which int8 and int4 leave in bf16
  ParameterSet packed_;
};

}  // namespace

ParameterSet pack_checkpoint(const SafeTensors& tensors, const ModelConfig& config, DType storage,
                             std::vector<std::string>& notes) {
  return CheckpointPacker(tensors, config, storage).pack(notes);
}

}  // namespace vitpose::engine

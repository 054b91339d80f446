// A backend that performs another's verbs and keeps the time of each. For one thread that calls it.
#pragma once

#include <map>
#include <string>

#include "ops/forwarding_backend.h"

namespace vitpose::engine {

class ProfiledBackend final : public ForwardingBackend {
 public:
  struct Entry {
    double ms = 0.0;
    long calls = 0;
    double products = 0.0;  // multiply-adds of matrix products, attention's two included
  };

  using ForwardingBackend::ForwardingBackend;

  // By verb; linear layers by their shape too.
  const std::map<std::string, Entry>& entries() const { return entries_; }
  void forget() { entries_.clear(); }

  void patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                       MatrixView<float> out, Workspace& workspace) const override;
  void layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const override;
  void linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
              Workspace& workspace) const override;
  void attention(ConstActivations qkv, Index tokens, Index heads, Activations out, Workspace& workspace) const override;
  void relu(ConstActivations x, Activations out) const override;
  void pad_images(ConstActivations x, const PaddedImages& images) const override;
  void transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                   const PaddedImages& out, Workspace& workspace) const override;
  void pointwise_convolution(const PaddedImages& in, const LinearWeights& weights, TensorView<float> heatmaps,
                             Workspace& workspace) const override;
  void upsampled_convolution(ConstActivations x, Index height, Index width, Index scale, const LinearWeights& weights,
                             const float* bias, TensorView<float> heatmaps, Workspace& workspace) const override;

 private:
  template <class Verb>
  void timed(const std::string& name, Index products, Verb verb) const;

  mutable std::map<std::string, Entry> entries_;
};

}  // namespace vitpose::engine

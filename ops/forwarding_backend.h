// A backend that has another perform every verb: what one that only looks on, or changes one verb, derives from.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ops/backend.h"

namespace vitpose::engine {

class ForwardingBackend : public Backend {
 public:
  explicit ForwardingBackend(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  std::string name() const override { return backend_->name(); }
  DType activations() const override { return backend_->activations(); }
  void prepare(LinearWeights& weights) const override { backend_->prepare(weights); }
  bool multiplies(DType weights) const override { return backend_->multiplies(weights); }
  void patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                       MatrixView<float> out, Workspace& workspace) const override {
    backend_->patch_embedding(pixel_values, weights, out, workspace);
  }
  void layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const override {
    backend_->layer_norm(x, weights, out);
  }
  void linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
              Workspace& workspace) const override {
    backend_->linear(x, weights, out, epilogue, workspace);
  }
  void attention(ConstActivations qkv, Index tokens, Index heads, Activations out,
                 Workspace& workspace) const override {
    backend_->attention(qkv, tokens, heads, out, workspace);
  }
  void relu(ConstActivations x, Activations out) const override { backend_->relu(x, out); }
  void pad_images(ConstActivations x, const PaddedImages& images) const override { backend_->pad_images(x, images); }
  void transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                   const PaddedImages& out, Workspace& workspace) const override {
    backend_->transposed_convolution_relu(in, weights, out, workspace);
  }
  void pointwise_convolution(const PaddedImages& in, const LinearWeights& weights, TensorView<float> heatmaps,
                             Workspace& workspace) const override {
    backend_->pointwise_convolution(in, weights, heatmaps, workspace);
  }
  void upsampled_convolution(ConstActivations x, Index height, Index width, Index scale, const LinearWeights& weights,
                             const float* bias, TensorView<float> heatmaps, Workspace& workspace) const override {
    backend_->upsampled_convolution(x, height, width, scale, weights, bias, heatmaps, workspace);
  }

 protected:
  const Backend& inner() const { return *backend_; }

 private:
  std::unique_ptr<Backend> backend_;
};

}  // namespace vitpose::engine

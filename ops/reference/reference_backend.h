// The definition: every verb in plain loops, single-threaded. Native kernels must give the same bits, NaN
// payloads and the signs of NaN excepted. Read this to know what is computed; never make it faster.
#pragma once

#include "ops/attention/attention.h"
#include "ops/backend.h"
#include "ops/convolution/upsampled_convolution.h"

namespace vitpose::engine {

class ReferenceBackend final : public Backend {
 public:
  std::string name() const override { return "reference"; }
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
};

// The same definitions one work unit at a time, for the tests of single kernels.
float reference_gelu(float x);
float reference_exp(float x);
void reference_layer_norm_row(const float* x, Index columns, const LayerNormWeights& weights, float* out);
void reference_attention(const AttentionArguments& arguments);
void reference_upsampled_convolution(const UpsampledConvolutionArguments& arguments, Index k);

}  // namespace vitpose::engine

#include "ops/profiled_backend.h"

#include <chrono>

namespace vitpose::engine {

template <class Verb>
void ProfiledBackend::timed(const std::string& name, Index products, Verb verb) const {
  const auto start = std::chrono::steady_clock::now();
  verb();
  Entry& entry = entries_[name];
  entry.ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  entry.products += static_cast<double>(products);
  ++entry.calls;
}

void ProfiledBackend::patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                                      MatrixView<float> out, Workspace& workspace) const {
  timed("patch embedding", out.rows * weights.projection.matrix.n * weights.projection.matrix.k,
        [&] { ForwardingBackend::patch_embedding(pixel_values, weights, out, workspace); });
}

void ProfiledBackend::layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const {
  timed("layer norm", 0, [&] { ForwardingBackend::layer_norm(x, weights, out); });
}

void ProfiledBackend::linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
                             Workspace& workspace) const {
  const PackedMatrix& w = weights.matrix;
  timed("linear " + std::to_string(w.k) + " to " + std::to_string(w.n), x.rows * w.n * w.k,
        [&] { ForwardingBackend::linear(x, weights, out, epilogue, workspace); });
}

void ProfiledBackend::attention(ConstActivations qkv, Index tokens, Index heads, Activations out,
                                Workspace& workspace) const {
  timed("attention", 2 * qkv.rows * tokens * out.columns,
        [&] { ForwardingBackend::attention(qkv, tokens, heads, out, workspace); });
}

void ProfiledBackend::relu(ConstActivations x, Activations out) const {
  timed("relu", 0, [&] { ForwardingBackend::relu(x, out); });
}

void ProfiledBackend::pad_images(ConstActivations x, const PaddedImages& images) const {
  timed("pad images", 0, [&] { ForwardingBackend::pad_images(x, images); });
}

void ProfiledBackend::transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                                  const PaddedImages& out, Workspace& workspace) const {
  const PackedMatrix& phase = weights.phases[0].matrix;
  timed("transposed convolution", 4 * in.count * in.height * in.width * phase.n * phase.k,
        [&] { ForwardingBackend::transposed_convolution_relu(in, weights, out, workspace); });
}

void ProfiledBackend::pointwise_convolution(const PaddedImages& in, const LinearWeights& weights,
                                            TensorView<float> heatmaps, Workspace& workspace) const {
  timed("pointwise convolution", in.count * in.height * in.width * weights.matrix.n * weights.matrix.k,
        [&] { ForwardingBackend::pointwise_convolution(in, weights, heatmaps, workspace); });
}

void ProfiledBackend::upsampled_convolution(ConstActivations x, Index height, Index width, Index scale,
                                            const LinearWeights& weights, const float* bias, TensorView<float> heatmaps,
                                            Workspace& workspace) const {
  timed("upsampled convolution", x.rows * weights.matrix.n * weights.matrix.k,
        [&] { ForwardingBackend::upsampled_convolution(x, height, width, scale, weights, bias, heatmaps, workspace); });
}

}  // namespace vitpose::engine

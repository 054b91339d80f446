#include "model/heads.h"

namespace vitpose::engine {

namespace {

PaddedImages take_images(DType dtype, Index count, Index height, Index width, Index channels, Workspace& workspace) {
  PaddedImages images{nullptr, count, height, width, channels, dtype};
  images.data = workspace.take<std::byte>(images.elements() * static_cast<Index>(size_of(dtype)));
  return images;
}

// 2 x [transposed convolution -> batch norm -> ReLU] -> 1x1 convolution
void run_classic_head(const Backend& nn, const ModelConfig& config, const ClassicHeadWeights& weights,
                      ConstActivations tokens, TensorView<float> heatmaps, Workspace& workspace) {
  const DType dtype = tokens.dtype;
  const Index crops = heatmaps.shape[0];
  const Index height = config.grid_height();
  const Index width = config.grid_width();
  const PaddedImages features = take_images(dtype, crops, height, width, config.hidden_size, workspace);
  const PaddedImages doubled = take_images(dtype, crops, 2 * height, 2 * width, kDecoderChannels, workspace);
  const PaddedImages quadrupled = take_images(dtype, crops, 4 * height, 4 * width, kDecoderChannels, workspace);
  nn.pad_images(tokens, features);
  nn.transposed_convolution_relu(features, weights.deconv1, doubled, workspace);
  nn.transposed_convolution_relu(doubled, weights.deconv2, quadrupled, workspace);
  nn.pointwise_convolution(quadrupled, weights.convolution, heatmaps, workspace);
}

// ReLU -> bilinear upsampling -> 3x3 convolution
void run_simple_head(const Backend& nn, const ModelConfig& config, const SimpleHeadWeights& weights, Activations tokens,
                     TensorView<float> heatmaps, Workspace& workspace) {
  nn.relu(tokens, tokens);
  nn.upsampled_convolution(tokens, config.grid_height(), config.grid_width(), config.scale_factor, weights.taps,
                           weights.bias, heatmaps, workspace);
}

}  // namespace

void run_head(const Backend& nn, const ModelConfig& config, const Weights& weights, Activations tokens,
              TensorView<float> heatmaps, Workspace& workspace) {
  const Workspace::Scope scope(workspace);
  if (config.simple_decoder) {
    run_simple_head(nn, config, weights.simple_head, tokens, heatmaps, workspace);
  } else {
    run_classic_head(nn, config, weights.classic_head, tokens, heatmaps, workspace);
  }
}

}  // namespace vitpose::engine

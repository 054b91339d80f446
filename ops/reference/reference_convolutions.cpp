// The reference's verbs that see images.
#include <cassert>

#include "ops/reference/plain.h"
#include "ops/reference/reference_backend.h"

namespace vitpose::engine {
namespace {

// Pixel (y, x) of an image with its border: -1 and height (width) are on the border.
float* pixel(const PaddedImages& images, Index image, Index y, Index x) {
  const Index row = (image * (images.height + 2) + y + 1) * (images.width + 2) + x + 1;
  return images.f32() + row * images.channels;
}

void clear_border(const PaddedImages& images) {
  for (Index b = 0; b < images.count; ++b) {
    for (Index y = -1; y <= images.height; ++y) {
      for (Index x = -1; x <= images.width; ++x) {
        if (y >= 0 && y < images.height && x >= 0 && x < images.width) continue;
        for (Index c = 0; c < images.channels; ++c) pixel(images, b, y, x)[c] = 0.0f;
      }
    }
  }
}

}  // namespace

void ReferenceBackend::patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                                       MatrixView<float> out, Workspace&) const {
  const Index height = pixel_values.shape[2];
  const Index width = pixel_values.shape[3];
  const Index patch = weights.patch;
  const Index rows = (height + 2 * weights.padding - patch) / patch + 1;
  const Index columns = (width + 2 * weights.padding - patch) / patch + 1;
  const PackedMatrix& w = weights.projection.matrix;
  assert(out.rows == pixel_values.shape[0] * rows * columns && w.k == pixel_values.shape[1] * patch * patch);

  for (Index token = 0; token < out.rows; ++token) {
    const Index in_image = token % (rows * columns);
    const Index top = in_image / columns * patch - weights.padding;
    const Index left = in_image % columns * patch - weights.padding;
    const float* const image = pixel_values[token / (rows * columns)].data;
    const auto value = [&](Index k) {  // k = (channel * patch + row) * patch + column; padding takes part as zero
      const Index y = top + k / patch % patch;
      const Index x = left + k % patch;
      if (y < 0 || y >= height || x < 0 || x >= width) return 0.0f;
      return image[(k / (patch * patch) * height + y) * width + x];
    };
    for (Index n = 0; n < w.n; ++n) {
      float v = plain_product(w.k, value, [&](Index k) { return packed_element(w, n, k); });
      if (weights.projection.bias != nullptr) v = v + weights.projection.bias[n];
      v = v + weights.position[(1 + in_image) * w.n + n];
      out.row(token)[n] = v + weights.position[n];
    }
  }
}

void ReferenceBackend::pad_images(ConstActivations x, const PaddedImages& images) const {
  clear_border(images);
  for (Index r = 0; r < x.rows; ++r) {
    const Index line = r / images.width;
    float* const target = pixel(images, line / images.height, line % images.height, r % images.width);
    for (Index c = 0; c < images.channels; ++c) target[c] = x.f32().row(r)[c];
  }
}

void ReferenceBackend::transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                                   const PaddedImages& out, Workspace&) const {
  clear_border(out);
  for (Index b = 0; b < out.count; ++b) {
    for (Index y = 0; y < out.height; ++y) {
      for (Index x = 0; x < out.width; ++x) {
        const LinearWeights& phase = weights.phases[2 * (y % 2) + x % 2];
        const Index top = y / 2 - 1 + y % 2;
        const Index left = x / 2 - 1 + x % 2;
        const auto value = [&](Index k) {  // k = (window row * 2 + window column) * channels + channel
          const Index window = k / in.channels;
          return pixel(in, b, top + window / 2, left + window % 2)[k % in.channels];
        };
        for (Index n = 0; n < phase.matrix.n; ++n) {
          float v = plain_product(phase.matrix.k, value, [&](Index k) { return packed_element(phase.matrix, n, k); });
          if (phase.bias != nullptr) v = v + phase.bias[n];
          pixel(out, b, y, x)[n] = plain_relu(v);
        }
      }
    }
  }
}

void ReferenceBackend::pointwise_convolution(const PaddedImages& in, const LinearWeights& weights,
                                             TensorView<float> heatmaps, Workspace&) const {
  const PackedMatrix& w = weights.matrix;
  for (Index b = 0; b < in.count; ++b) {
    for (Index k = 0; k < w.n; ++k) {
      for (Index y = 0; y < in.height; ++y) {
        for (Index x = 0; x < in.width; ++x) {
          float v = plain_product(
              w.k, [&](Index c) { return pixel(in, b, y, x)[c]; }, [&](Index c) { return packed_element(w, k, c); });
          if (weights.bias != nullptr) v = v + weights.bias[k];
          heatmaps[b][k].data[y * in.width + x] = v;
        }
      }
    }
  }
}

void reference_upsampled_convolution(const UpsampledConvolutionArguments& s, Index k) {
  const Index out_height = s.height * s.scale;
  const Index out_width = s.width * s.scale;
  // Row i of the maps of taps (dy, -1..1), upsampled to out_width, shifted by their taps and added.
  const auto columns = [&](Index dy, Index i, Index x) {
    float sum = 0.0f;
    for (Index dx = -1; dx <= 1; ++dx) {
      if (x + dx < 0 || x + dx >= out_width) continue;
      const BilinearSource source = bilinear_source(x + dx, s.width, s.scale);
      const Index tap = (dy + 1) * 3 + dx + 1;
      const auto map = [&](Index j) { return s.tap_maps[((i * s.width + j) * 9 + tap) * s.keypoints + k]; };
      sum = sum + __builtin_fmaf(source.fraction, map(source.i1), (1.0f - source.fraction) * map(source.i0));
    }
    return sum;
  };
  for (Index y = 0; y < out_height; ++y) {
    for (Index x = 0; x < out_width; ++x) {
      float sum = s.bias[k];
      for (Index dy = -1; dy <= 1; ++dy) {
        if (y + dy < 0 || y + dy >= out_height) continue;
        const BilinearSource source = bilinear_source(y + dy, s.height, s.scale);
        sum = __builtin_fmaf(1.0f - source.fraction, columns(dy, source.i0, x), sum);
        sum = __builtin_fmaf(source.fraction, columns(dy, source.i1, x), sum);
      }
      s.out[(k * out_height + y) * out_width + x] = sum;
    }
  }
}

void ReferenceBackend::upsampled_convolution(ConstActivations x, Index height, Index width, Index scale,
                                             const LinearWeights& weights, const float* bias,
                                             TensorView<float> heatmaps, Workspace& workspace) const {
  const Workspace::Scope scope(workspace);
  const Index keypoints = heatmaps.shape[1];
  const MatrixView<float> tap_maps = workspace.take_matrix<float>(x.rows, 9 * keypoints);
  linear(x, weights, tap_maps, Epilogue::kStore, workspace);
  for (Index b = 0; b < heatmaps.shape[0]; ++b) {
    const UpsampledConvolutionArguments image{
        tap_maps.row(b * height * width), height, width, keypoints, scale, bias, heatmaps[b].data};
    for (Index k = 0; k < keypoints; ++k) reference_upsampled_convolution(image, k);
  }
}

}  // namespace vitpose::engine

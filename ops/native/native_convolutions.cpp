// The verbs that see images: the patch embedding and the decoders.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <iterator>

#include "ops/native/native_backend.h"
#include "ops/native/row_blocks.h"
#include "ops/native/worker_scratch.h"

namespace vitpose::engine {

namespace {

void copy(const float* from, Index count, float* to) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

void clear(float* to, Index count) {
  std::memset(to, 0, static_cast<std::size_t>(count) * sizeof(float));
}

Index line_elements(const PaddedImages& images) {
  return (images.width + 2) * images.channels;
}

Index image_elements(const PaddedImages& images) {
  return (images.height + 2) * line_elements(images);
}

std::size_t pixel_bytes(const PaddedImages& images) {
  return static_cast<std::size_t>(images.channels) * size_of(images.dtype);
}

// Pixel (y, x) of an image, counted with the border: (1, 1) is the interior's first.
std::byte* pixel(const PaddedImages& images, Index image, Index y, Index x) {
  const Index pixels = (image * (images.height + 2) + y) * (images.width + 2) + x;
  return static_cast<std::byte*>(images.data) + static_cast<std::size_t>(pixels) * pixel_bytes(images);
}

// The interior's rows, one line of pixels after the other.
RowLayout interior(const PaddedImages& images) {
  return {images.width, images.height, images.channels, line_elements(images), image_elements(images)};
}

// Line y, counted with the border, of one image: its two border pixels, or all of it if it is one.
void clear_border_of_line(const PaddedImages& images, Index image, Index y) {
  const std::size_t bytes = pixel_bytes(images);
  if (y == 0 || y == images.height + 1) {
    std::memset(pixel(images, image, y, 0), 0, static_cast<std::size_t>(images.width + 2) * bytes);
  } else {
    std::memset(pixel(images, image, y, 0), 0, bytes);
    std::memset(pixel(images, image, y, images.width + 1), 0, bytes);
  }
}

// The pixels of one patch whose first is at (top, left), zero outside of the image: [channels, size, size].
void gather_patch(TensorView<const float> image, Index top, Index left, Index size, float* out) {
  const Index height = image.shape[1];
  const Index width = image.shape[2];
  const Index first = std::clamp<Index>(-left, 0, size);  // columns [first, last) of the patch are in the image
  const Index last = std::clamp<Index>(width - left, first, size);
  for (Index channel = 0; channel < image.shape[0]; ++channel) {
    for (Index y = top; y < top + size; ++y, out += size) {
      if (y < 0 || y >= height) {
        clear(out, size);
        continue;
      }
      clear(out, first);
      copy(image.data + (channel * height + y) * width + left + first, last - first, out + first);
      clear(out + last, size - last);
    }
  }
}

}  // namespace

void NativeBackend::clear_border(const PaddedImages& images) const {
  const Index lines = images.height + 2;
  const RowBlocks blocks(images.count * lines, 2 * images.channels);
  pool().parallel_for(blocks.count(), [&](Index task, int) {
    for (Index i = blocks.first(task); i < blocks.first(task) + blocks.rows(task); ++i) {
      clear_border_of_line(images, i / lines, i % lines);
    }
  });
}

void NativeBackend::patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                                    MatrixView<float> out, Workspace& workspace) const {
  const Workspace::Scope scope(workspace);
  const Index patch = weights.patch;
  const Index rows = (pixel_values.shape[2] + 2 * weights.padding - patch) / patch + 1;
  const Index columns = (pixel_values.shape[3] + 2 * weights.padding - patch) / patch + 1;
  const Index tokens = rows * columns;
  const Index channels = out.columns;
  const Index patch_floats = pixel_values.shape[1] * patch * patch;
  assert(out.rows == pixel_values.shape[0] * tokens && weights.projection.matrix.k == patch_floats);

  // position[1 + t] is in `out` before the product is added: v + position and position + v are the same bits.
  const Activations patches = take_activations(workspace, activations(), out.rows, patch_floats);
  const WorkerScratch scratch(workspace, pool(), patch_floats);
  const RowBlocks blocks(out.rows, patch_floats);
  pool().parallel_for(blocks.count(), [&](Index task, int worker) {
    for (Index r = blocks.first(task); r < blocks.first(task) + blocks.rows(task); ++r) {
      const Index token = r % tokens;
      float* const values = bf16_ != nullptr ? scratch.of(worker) : patches.f32().row(r);
      gather_patch(pixel_values[r / tokens], token / columns * patch - weights.padding,
                   token % columns * patch - weights.padding, patch, values);
      if (bf16_ != nullptr) bf16_->round(values, patches.bf16().row(r), patch_floats);
      copy(weights.position + (1 + token) * channels, channels, out.row(r));
    }
  });
  linear(patches, weights.projection, out, Epilogue::kAccumulate, workspace);
  pool().parallel_for(blocks.count(), [&](Index task, int) {
    kernels().add_row(out.row_block(blocks.first(task), blocks.rows(task)), weights.position);
  });
}

void NativeBackend::pad_images(ConstActivations x, const PaddedImages& images) const {
  assert(x.rows == images.count * images.height * images.width && x.columns == images.channels);
  assert(x.dtype == images.dtype);
  const Index lines = images.height + 2;
  const RowBlocks blocks(images.count * lines, line_elements(images));
  pool().parallel_for(blocks.count(), [&](Index task, int) {
    for (Index i = blocks.first(task); i < blocks.first(task) + blocks.rows(task); ++i) {
      const Index image = i / lines;
      const Index y = i % lines;
      clear_border_of_line(images, image, y);
      if (y == 0 || y == images.height + 1) continue;
      const Index row = (image * images.height + y - 1) * images.width;
      for (Index column = 0; column < images.width; ++column) {
        std::memcpy(pixel(images, image, y, 1 + column), x.row(row + column), pixel_bytes(images));
      }
    }
  });
}

NativeBackend::QuantisedImages NativeBackend::quantise_images(const PaddedImages& images, Workspace& workspace) const {
  const Index pixels = images.height * images.width;
  QuantisedImages result{images, workspace.take<float>(images.count * pixels),
                         workspace.take<float>(images.count * pixels)};
  result.bytes.dtype = quantised_dtype();
  result.bytes.data = workspace.take<std::byte>(images.elements() * static_cast<Index>(size_of(result.bytes.dtype)));
  const Index count = image_elements(images);
  pool().parallel_for(images.count, [&](Index image, int) {
    float* const scales = result.scales + image * pixels;
    float* const zeros = result.zeros + image * pixels;
    quantise(pixel(images, image, 0, 0), count, pixel(result.bytes, image, 0, 0), count, scales, zeros);
    std::fill_n(scales, pixels, *scales);
    std::fill_n(zeros, pixels, *zeros);
  });
  return result;
}

void NativeBackend::transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                                const PaddedImages& out, Workspace& workspace) const {
  assert(out.count == in.count && out.height == 2 * in.height && out.width == 2 * in.width);
  clear_border(out);
  if (in.count == 0) return;
  const Workspace::Scope scope(workspace);
  const auto is_int8 = [](const LinearWeights& phase) { return phase.matrix.dtype == DType::kI8; };
  QuantisedImages quantised{};
  if (std::any_of(std::begin(weights.phases), std::end(weights.phases), is_int8)) {
    quantised = quantise_images(in, workspace);
  }
  for (Index py = 0; py < 2; ++py) {
    for (Index px = 0; px < 2; ++px) {
      const LinearWeights& phase = weights.phases[2 * py + px];
      assert(phase.matrix.k == 4 * in.channels && phase.matrix.n == out.channels);
      const PaddedImages& images = is_int8(phase) ? quantised.bytes : in;
      // A row is a 2x2 window of `in`: two runs of two pixels. The results interleave in `out`.
      GemmArguments g;
      g.rows = in.count * in.height * in.width;
      g.a = pixel(images, 0, py, px);
      g.a_dtype = images.dtype;
      g.a_scales = quantised.scales;
      g.a_zeros = quantised.zeros;
      g.a_layout = interior(in);
      g.segments = 2;
      g.segment_stride = line_elements(in);
      g.weights = phase.matrix;
      g.bias = phase.bias;
      g.c = pixel(out, 0, 1 + py, 1 + px);
      g.c_dtype = out.dtype;
      g.c_layout = {in.width, in.height, 2 * out.channels, 2 * line_elements(out), image_elements(out)};
      g.epilogue = Epilogue::kRelu;
      product(g, phase, workspace);
    }
  }
}

void NativeBackend::pointwise_convolution(const PaddedImages& in, const LinearWeights& weights,
                                          TensorView<float> heatmaps, Workspace& workspace) const {
  const Index keypoints = weights.matrix.n;
  assert(heatmaps.shape == Shape({in.count, keypoints, in.height, in.width}) && weights.matrix.k == in.channels);
  if (in.count == 0) return;
  const Workspace::Scope scope(workspace);
  const Index rows = in.count * in.height * in.width;
  const MatrixView<float> pixels = workspace.take_matrix<float>(rows, keypoints);
  GemmArguments g;
  g.rows = rows;
  g.a = pixel(in, 0, 1, 1);
  g.a_dtype = in.dtype;
  g.a_layout = interior(in);
  g.weights = weights.matrix;
  g.bias = weights.bias;
  g.c = pixels.data;
  g.c_layout = RowLayout::plain(rows, keypoints);
  product(g, weights, workspace);

  // [B, height * width, K] to [B, K, height * width], one line of pixels at a time.
  const RowBlocks blocks(in.count * in.height, in.width * keypoints);
  pool().parallel_for(blocks.count(), [&](Index task, int) {
    for (Index line = blocks.first(task); line < blocks.first(task) + blocks.rows(task); ++line) {
      const float* from = pixels.row(line * in.width);
      float* to = heatmaps[line / in.height].data + line % in.height * in.width;
      for (Index k = 0; k < keypoints; ++k, to += in.height * in.width) {
        for (Index x = 0; x < in.width; ++x) to[x] = from[x * keypoints + k];
      }
    }
  });
}

void NativeBackend::upsampled_convolution(ConstActivations x, Index height, Index width, Index scale,
                                          const LinearWeights& weights, const float* bias, TensorView<float> heatmaps,
                                          Workspace& workspace) const {
  const Workspace::Scope scope(workspace);
  const Index images = heatmaps.shape[0];
  const Index keypoints = heatmaps.shape[1];
  assert(x.rows == images * height * width && weights.matrix.n == 9 * keypoints);
  const MatrixView<float> tap_maps = workspace.take_matrix<float>(x.rows, 9 * keypoints);
  linear(x, weights, tap_maps, Epilogue::kStore, workspace);

  const auto image = [&](Index b) {
    return UpsampledConvolutionArguments{
        tap_maps.row(b * height * width), height, width, keypoints, scale, bias, heatmaps[b].data};
  };
  if (images == 0) return;
  const WorkerScratch scratch(workspace, pool(), upsampled_convolution_scratch_floats(image(0)));
  pool().parallel_for(images * keypoints, [&](Index task, int worker) {
    kernels().upsampled_convolution(image(task / keypoints), task % keypoints, scratch.of(worker));
  });
}

}  // namespace vitpose::engine

// The verbs of a vision transformer. The model is written in these words only; a backend says how.
//
//   native     our kernels, one instruction set's KernelTable, our thread pool: the product
//   reference  plain loops, single-threaded: the definition that native must equal bit for bit
//   eigen, onednn   matrix products by another library, everything else native: yardsticks; own bits
//
// A backend is immutable after the weights were prepared; any number of threads may use it at once, each
// with a Workspace of its own. Shapes: B images, T tokens, C channels, K keypoints; row-major. What is between two
// products is of the type activations() (see activations.h); the residual stream and heatmaps are f32.
#pragma once

#include <cassert>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "core/thread_pool.h"
#include "core/workspace.h"
#include "ops/activations.h"
#include "ops/gemm/gemm.h"
#include "ops/layer_norm/layer_norm.h"

namespace vitpose::engine {

// y = x W^T + b. `prepared` is what a backend made of the packed weights at load (native needs nothing).
struct LinearWeights {
  PackedMatrix matrix;          // [n, k]
  const float* bias = nullptr;  // [n] or null
  std::shared_ptr<const void> prepared;
};

struct PatchEmbeddingWeights {
  LinearWeights projection;         // [C, 3 * patch * patch], k = (channel * patch + row) * patch + column
  const float* position = nullptr;  // [1 + T, C]; row 0 is the class token's
  Index patch = 16;                 // patch height and width, also the stride, px
  Index padding = 2;                // zero padding on every side, px
};

// 4x4 kernel, stride 2, padding 1, with batch norm folded in. Output pixel (2y + py, 2x + px) is a product
// over the 2x2 window of input pixels that starts at row y - 1 + py, column x - 1 + px:
// phases[2 * py + px] is [C_out, 4 * C_in], k = (window row * 2 + window column) * C_in + channel.
struct TransposedConvolutionWeights {
  LinearWeights phases[4];
};

// Images with a border of one zero pixel on every side: [B, height+2, width+2, channels].
struct PaddedImages {
  void* data = nullptr;
  Index count = 0;
  Index height = 0;  // without the border
  Index width = 0;
  Index channels = 0;
  DType dtype = DType::kF32;
  Index elements() const { return count * (height + 2) * (width + 2) * channels; }
  float* f32() const {
    assert(dtype == DType::kF32);
    return static_cast<float*>(data);
  }
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;  // "native/avx512", "reference", ...

  // The element type between products, kF32 or kBF16.
  virtual DType activations() const { return DType::kF32; }

  // Whether linear() takes weights stored in this type; the other verbs take f32 where activations are f32, and bf16.
  virtual bool multiplies(DType weights) const {
    return weights == DType::kF32 || weights == DType::kBF16 || weights == DType::kI4;
  }

  // Called once per weight at load; may repack into weights.prepared.
  virtual void prepare(LinearWeights& weights) const;

  // out [B*T, C] = (patches W^T + b + position[1 + t]) + position[0]; pixel_values [B, 3, H, W].
  // A patch that reaches beyond the padded image's last whole step is not taken (Conv2d's floor).
  virtual void patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                               MatrixView<float> out, Workspace& workspace) const = 0;

  virtual void layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const = 0;

  // out [M, n] = epilogue(x [M, k] W^T + b); `out` may be f32 where x is not, and is to accumulate.
  virtual void linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
                      Workspace& workspace) const = 0;

  // qkv [B*T, 3C]: columns q | k | v, inside each the heads; out [B*T, C]. `tokens` = T.
  virtual void attention(ConstActivations qkv, Index tokens, Index heads, Activations out,
                         Workspace& workspace) const = 0;

  virtual void relu(ConstActivations x, Activations out) const = 0;

  // Copies x [B*height*width, channels] into the interior of `images` and clears its border.
  virtual void pad_images(ConstActivations x, const PaddedImages& images) const = 0;

  // relu(batch_norm(transposed convolution)): in [B, h, w, C_in] padded -> out [B, 2h, 2w, C_out] padded;
  // the border of `out` is cleared.
  virtual void transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                           const PaddedImages& out, Workspace& workspace) const = 0;

  // Classic decoder: heatmaps [B, K, height, width] = 1x1 convolution of padded images.
  virtual void pointwise_convolution(const PaddedImages& in, const LinearWeights& weights, TensorView<float> heatmaps,
                                     Workspace& workspace) const = 0;

  // Simple decoder: x [B*height*width, C]; weights [9 K, C], row = tap * K + k, bias null;
  // heatmaps [B, K, height*scale, width*scale]. See upsampled_convolution.h.
  virtual void upsampled_convolution(ConstActivations x, Index height, Index width, Index scale,
                                     const LinearWeights& weights, const float* bias, TensorView<float> heatmaps,
                                     Workspace& workspace) const = 0;
};

inline void Backend::prepare(LinearWeights&) const {}

struct BackendOptions {
  std::string_view backend{};  // "" or "native", "reference", "eigen", "onednn"
  std::string_view isa{};      // native's instruction set, "" = the best; refused for reference
  DType dtype = DType::kF32;   // of linear layers: kF32, kI4 (weights only), or for native kBF16, kI8
  // Of everything else, and of what is between two products: kF32, or for native kBF16. Default: `dtype`; for kI8 and
  // kI4 bf16 where the CPU has instructions for it or is emulated, else f32.
  std::optional<DType> float_parts{};
  bool emulate = false;  // compute bf16 without such instructions, in plain C++
};

// Errors name what is available.
std::unique_ptr<Backend> make_backend(const BackendOptions& options, std::shared_ptr<ThreadPool> pool);

// The backends of this build, the default first.
std::vector<std::string> available_backends();

}  // namespace vitpose::engine

// The product: our kernels of one instruction set on our thread pool.
//
// It is also the base of the backends that take their matrix products from another library: they override
// multiply() (and prepare()), and everything else stays native.
#pragma once

#include <map>

#include "ops/backend.h"
#include "ops/bf16_kernels.h"
#include "ops/int8_kernels.h"
#include "ops/kernels.h"

namespace vitpose::engine {

struct AttentionShape {
  Index tokens;
  Index head_size;
};

// Of matrix products by the type of A, from their first task to the end of their last.
struct ProductTime {
  double ms = 0.0;
  double multiply_adds = 0.0;
};
using ProductTimes = std::map<DType, ProductTime>;

class NativeBackend : public Backend {
 public:
  // `bf16`: null for activations of f32; then `int8` for linear layers of bytes.
  NativeBackend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool, const Bf16Kernels* bf16 = nullptr,
                const Int8Kernels* int8 = nullptr)
      : kernels_(kernels), bf16_(bf16), int8_(int8), pool_(std::move(pool)) {}

  std::string name() const override {
    return std::string("native/") + (bf16_ ? bf16_->name : int8_ ? int8_->name : kernels_.name);
  }
  DType activations() const final { return bf16_ ? DType::kBF16 : DType::kF32; }
  bool multiplies(DType weights) const final;

  // Adds what every product takes from now on to `times`, null: nowhere. For profiles, while one thread calls.
  void keep_product_times(ProductTimes* times) { times_ = times; }

  void patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                       MatrixView<float> out, Workspace& workspace) const final;
  void layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const final;
  void linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
              Workspace& workspace) const final;
  void attention(ConstActivations qkv, Index tokens, Index heads, Activations out, Workspace& workspace) const final;
  void relu(ConstActivations x, Activations out) const final;
  void pad_images(ConstActivations x, const PaddedImages& images) const final;
  void transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                   const PaddedImages& out, Workspace& workspace) const final;
  void pointwise_convolution(const PaddedImages& in, const LinearWeights& weights, TensorView<float> heatmaps,
                             Workspace& workspace) const final;
  void upsampled_convolution(ConstActivations x, Index height, Index width, Index scale, const LinearWeights& weights,
                             const float* bias, TensorView<float> heatmaps, Workspace& workspace) const final;

 protected:
  // Every matrix product of every verb: gemm.h's definition with weights.matrix and weights.bias, in parallel.
  // Called by one thread, outside of any loop of the pool, with arguments.weights == weights.matrix and
  // arguments.bias == weights.bias. Rows may lie in any layout; an override may hand those it does not know to this.
  virtual void multiply(const GemmArguments& arguments, const LinearWeights& weights, Workspace& workspace) const;

  const KernelTable& kernels() const { return kernels_; }
  ThreadPool& pool() const { return *pool_; }

 private:
  void product(const GemmArguments& arguments, const LinearWeights& weights, Workspace& workspace) const;
  // One instruction set's product for rows of a type, and how it likes to be cut.
  struct Product {
    GemmKernel kernel;
    GemmTuning tuning;
  };
  Product product_of(DType a_dtype) const;
  // Bytes, or words that hold them, for weights of int8, and their row's scale and zero; all in the workspace.
  DType quantised_dtype() const { return bf16_ != nullptr ? DType::kU8 : int8_->rows; }
  void quantise(const void* x, Index count, void* out, Index padded, float* scale, float* zero) const;
  struct QuantisedRows {
    Activations bytes;
    float* scales;
    float* zeros;
  };
  QuantisedRows quantise_rows(ConstActivations x, Workspace& workspace) const;
  // With the border; a pixel has the scale and zero of its image, so that a window of pixels has one of each.
  struct QuantisedImages {
    PaddedImages bytes;
    float* scales;  // of each of the interiors' pixels
    float* zeros;
  };
  QuantisedImages quantise_images(const PaddedImages& images, Workspace& workspace) const;
  void attention_head(ConstActivations qkv, Index row, Index column, AttentionShape shape, Activations out,
                      float* scratch) const;
  void clear_border(const PaddedImages& images) const;

  const KernelTable& kernels_;
  const Bf16Kernels* bf16_;
  const Int8Kernels* int8_;
  std::shared_ptr<ThreadPool> pool_;
  ProductTimes* times_ = nullptr;
};

}  // namespace vitpose::engine

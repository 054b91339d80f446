// The product: our kernels of one instruction set on our thread pool.
//
// It is also the base of the backends that take their matrix products from another library: they override
// multiply() (and prepare()), and everything else stays native.
#pragma once

#include "ops/backend.h"
#include "ops/kernels.h"

namespace vitpose::engine {

class NativeBackend : public Backend {
 public:
  NativeBackend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool)
      : kernels_(kernels), pool_(std::move(pool)) {}

  std::string name() const override { return std::string("native/") + kernels_.name; }

  void patch_embedding(TensorView<const float> pixel_values, const PatchEmbeddingWeights& weights,
                       MatrixView<float> out, Workspace& workspace) const final;
  void layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out) const final;
  void linear(MatrixView<const float> x, const LinearWeights& weights, MatrixView<float> out, Epilogue epilogue,
              Workspace& workspace) const final;
  void attention(MatrixView<const float> qkv, Index tokens, Index heads, MatrixView<float> out,
                 Workspace& workspace) const final;
  void relu(MatrixView<const float> x, MatrixView<float> out) const final;
  void pad_images(MatrixView<const float> x, const PaddedImages& images) const final;
  void transposed_convolution_relu(const PaddedImages& in, const TransposedConvolutionWeights& weights,
                                   const PaddedImages& out, Workspace& workspace) const final;
  void pointwise_convolution(const PaddedImages& in, const LinearWeights& weights, TensorView<float> heatmaps,
                             Workspace& workspace) const final;
  void upsampled_convolution(MatrixView<const float> x, Index height, Index width, Index scale,
                             const LinearWeights& weights, const float* bias, TensorView<float> heatmaps,
                             Workspace& workspace) const final;

 protected:
  // Every matrix product of every verb: gemm.h's definition with weights.matrix and weights.bias, in parallel.
  // Called by one thread, outside of any loop of the pool, with arguments.weights == weights.matrix and
  // arguments.bias == weights.bias. Rows may lie in any layout; an override may hand those it does not know to this.
  virtual void multiply(const GemmArguments& arguments, const LinearWeights& weights, Workspace& workspace) const;

  const KernelTable& kernels() const { return kernels_; }
  ThreadPool& pool() const { return *pool_; }

 private:
  void clear_border(const PaddedImages& images) const;

  const KernelTable& kernels_;
  std::shared_ptr<ThreadPool> pool_;
};

}  // namespace vitpose::engine

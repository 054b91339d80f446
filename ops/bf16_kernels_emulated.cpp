#include "core/simd/bf16_scalar.h"
#include "ops/bf16_kernel_tables.h"
#include "ops/elementwise/elementwise_bf16_simd.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

void layer_norm_bf16_scalar(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<BFloat16> out) {
  layer_norm_simd<simd::Bf16Scalar>(x, weights, out);
}

void round_bf16_scalar(const float* x, BFloat16* out, Index count) {
  round_bf16<simd::Bf16Scalar>(x, out, count);
}

void relu_bf16_scalar(const BFloat16* x, BFloat16* out, Index count) {
  relu_bf16<simd::Bf16Scalar>(x, out, count);
}

void quantise_scalar(const BFloat16* x, Index count, std::uint8_t* out, Index padded, float* scale, float* zero) {
  quantise_row<simd::Bf16Scalar>(x, count, out, padded, scale, zero);
}

const Bf16Kernels bf16_emulated_kernels = {
    .name = "emulated",
    .gemm = gemm_bf16_scalar,
    .gemm_tuning = kVectorTuning,
    .attention = attention_bf16_scalar,
    .layer_norm = layer_norm_bf16_scalar,
    .round = round_bf16_scalar,
    .relu = relu_bf16_scalar,
    .gemm_int8 = gemm_int8_scalar,
    .quantise = quantise_scalar,
};

}  // namespace vitpose::engine

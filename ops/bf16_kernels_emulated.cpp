#include "core/simd/bf16_scalar.h"
#include "ops/bf16_kernel_tables.h"
#include "ops/elementwise/elementwise_bf16_simd.h"
#include "ops/elementwise/quantise_simd.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

const Bf16Kernels bf16_emulated_kernels = {
    .name = "emulated",
    .gemm = gemm_bf16_scalar,
    .gemm_tuning = kVectorTuning,
    .attention = attention_bf16_scalar,
    .layer_norm = layer_norm_simd<simd::Bf16Scalar>,
    .round = round_bf16<simd::Bf16Scalar>,
    .relu = relu_bf16<simd::Bf16Scalar>,
    .gemm_int8 = gemm_int8_scalar,
    .quantise = quantise_row<simd::Bf16Scalar, ByteRow<simd::Bf16Scalar::Vector>>,
};

}  // namespace vitpose::engine

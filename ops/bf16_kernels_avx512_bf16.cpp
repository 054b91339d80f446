#include "core/simd/bf16_avx512_bf16.h"
#include "ops/bf16_kernel_tables.h"
#include "ops/elementwise/elementwise_bf16_simd.h"
#include "ops/elementwise/quantise_simd.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

const Bf16Kernels bf16_avx512_kernels = {
    .name = "avx512_bf16",
    .gemm = gemm_bf16_avx512,
    .gemm_tuning = kVectorTuning,
    .attention = attention_bf16_avx512,
    .layer_norm = layer_norm_simd<simd::Bf16Avx512>,
    .round = round_bf16<simd::Bf16Avx512>,
    .relu = relu_bf16<simd::Bf16Avx512>,
    .gemm_int8 = gemm_int8_avx512,
    .quantise = quantise_row<simd::Bf16Avx512, ByteRow<simd::Bf16Avx512::Vector>>,
};

const Bf16Kernels bf16_avx512_fused_kernels = {
    .name = "avx512_bf16",
    .gemm = gemm_bf16_avx512_fused,
    .gemm_tuning = kVectorTuning,
    .attention = attention_bf16_avx512_fused,
    .layer_norm = layer_norm_simd<simd::Bf16Avx512>,
    .round = round_bf16<simd::Bf16Avx512>,
    .relu = relu_bf16<simd::Bf16Avx512>,
    .gemm_int8 = gemm_int8_avx512,
    .quantise = quantise_row<simd::Bf16Avx512, ByteRow<simd::Bf16Avx512::Vector>>,
};

// Only products are AMX's.
const Bf16Kernels bf16_amx_kernels = {
    .name = "amx",
    .gemm = gemm_bf16_amx,
    .gemm_tuning = kAmxTuning,
    .attention = attention_bf16_amx,
    .layer_norm = layer_norm_simd<simd::Bf16Avx512>,
    .round = round_bf16<simd::Bf16Avx512>,
    .relu = relu_bf16<simd::Bf16Avx512>,
    .gemm_int8 = gemm_int8_amx,
    .quantise = quantise_row<simd::Bf16Avx512, ByteRow<simd::Bf16Avx512::Vector>>,
};

}  // namespace vitpose::engine

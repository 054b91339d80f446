#include "core/simd/bf16_avx512_bf16.h"
#include "ops/bf16_kernel_tables.h"
#include "ops/elementwise/elementwise_bf16_simd.h"
#include "ops/elementwise/quantise_simd.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

namespace {

// Everything but the products is the same in all three.
constexpr Bf16Kernels with_products(const char* name, GemmKernel gemm, GemmKernel gemm_int8, const GemmTuning& tuning,
                                    AttentionBf16Kernel attention) {
  return {
      .name = name,
      .gemm = gemm,
      .gemm_tuning = tuning,
      .attention = attention,
      .layer_norm = layer_norm_simd<simd::Bf16Avx512>,
      .round = round_bf16<simd::Bf16Avx512>,
      .relu = relu_bf16<simd::Bf16Avx512>,
      .gemm_int8 = gemm_int8,
      .quantise = quantise_row<simd::Bf16Avx512, ByteRow<simd::Bf16Avx512::Vector>>,
  };
}

}  // namespace

constinit const Bf16Kernels bf16_avx512_kernels =
    with_products("avx512_bf16", gemm_bf16_avx512, gemm_int8_avx512, kAvx512Tuning, attention_bf16_avx512);
constinit const Bf16Kernels bf16_avx512_fused_kernels =
    with_products("avx512_bf16", gemm_bf16_avx512_fused, gemm_int8_avx512, kAvx512Tuning, attention_bf16_avx512_fused);
constinit const Bf16Kernels bf16_amx_kernels =
    with_products("amx", gemm_bf16_amx, gemm_int8_amx, kAmxTuning, attention_bf16_amx);

}  // namespace vitpose::engine

#include "core/simd/bf16_registers_avx512_bf16.h"
#include "ops/attention/attention_bf16_product.h"

namespace vitpose::engine {

void attention_bf16_avx512(const AttentionBf16Arguments& arguments, float* scratch) {
  AttentionBf16<VectorAttentionProduct<simd::Bf16RegistersAvx512, 12, 2>>(arguments, scratch).run();
}

void attention_bf16_avx512_fused(const AttentionBf16Arguments& arguments, float* scratch) {
  AttentionBf16<VectorAttentionProduct<simd::Bf16FusedRegistersAvx512, 12, 2>>(arguments, scratch).run();
}

}  // namespace vitpose::engine

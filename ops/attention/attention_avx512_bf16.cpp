#include "core/simd/bf16_avx512_bf16.h"
#include "ops/attention/attention_bf16_product.h"

namespace vitpose::engine {

void attention_bf16_avx512(const AttentionBf16Arguments& arguments, float* scratch) {
  AttentionBf16<VectorAttentionProduct<simd::Bf16Avx512, 12, 2>>(arguments, scratch).run();
}

}  // namespace vitpose::engine

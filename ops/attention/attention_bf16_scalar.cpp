#include "core/simd/bf16_registers_scalar.h"
#include "ops/attention/attention_bf16_product.h"

namespace vitpose::engine {

void attention_bf16_scalar(const AttentionBf16Arguments& arguments, float* scratch) {
  AttentionBf16<VectorAttentionProduct<simd::Bf16RegistersScalar, 4, 1>>(arguments, scratch).run();
}

}  // namespace vitpose::engine

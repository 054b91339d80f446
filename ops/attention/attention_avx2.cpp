#include "core/simd/f32x16_avx2.h"
#include "ops/attention/attention_simd.h"

namespace vitpose::engine {

void attention_avx2(const AttentionArguments& arguments, float* scratch) {
  attention_simd<simd::F32x16Avx2, 6, 1>(arguments, scratch);
}

}  // namespace vitpose::engine

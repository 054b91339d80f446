#include "core/simd/f32x16_avx512.h"
#include "ops/attention/attention_simd.h"

namespace vitpose::engine {

void attention_avx512(const AttentionArguments& arguments, float* scratch) {
  attention_simd<simd::F32x16Avx512, 12, 2>(arguments, scratch);
}

}  // namespace vitpose::engine

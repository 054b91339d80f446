#include "core/simd/f32x16_neon.h"
#include "ops/attention/attention_simd.h"

namespace vitpose::engine {

void attention_neon(const AttentionArguments& arguments, float* scratch) {
  attention_simd<simd::F32x16Neon, 4, 1>(arguments, scratch);  // g++ 12 spills two sums of 6 x 1
}

}  // namespace vitpose::engine

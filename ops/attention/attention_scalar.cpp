#include "core/simd/f32x16_scalar.h"
#include "ops/attention/attention_simd.h"

namespace vitpose::engine {

void attention_scalar(const AttentionArguments& arguments, float* scratch) {
  attention_simd<simd::F32x16Scalar, 4, 1>(arguments, scratch);
}

}  // namespace vitpose::engine

#include "core/simd/f32x16_scalar.h"
#include "ops/elementwise/quantise_simd.h"

namespace vitpose::engine {

void quantise_bytes_scalar(const float* x, Index count, void* out, Index padded, float* scale, float* zero) {
  quantise_floats<simd::F32x16Scalar, ByteRow>(x, count, out, padded, scale, zero);
}

}  // namespace vitpose::engine

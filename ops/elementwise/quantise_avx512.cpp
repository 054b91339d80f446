#include "core/simd/f32x16_avx512.h"
#include "ops/elementwise/quantise_simd.h"

namespace vitpose::engine {

void quantise_bytes_avx512(const float* x, Index count, void* out, Index padded, float* scale, float* zero) {
  quantise_floats<simd::F32x16Avx512, ByteRow>(x, count, out, padded, scale, zero);
}

void quantise_words_avx512(const float* x, Index count, void* out, Index padded, float* scale, float* zero) {
  quantise_floats<simd::F32x16Avx512, WordRow>(x, count, out, padded, scale, zero);
}

}  // namespace vitpose::engine

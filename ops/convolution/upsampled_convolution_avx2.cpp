#include "core/simd/f32x16_avx2.h"
#include "ops/convolution/upsampled_convolution_simd.h"

namespace vitpose::engine {

void upsampled_convolution_avx2(const UpsampledConvolutionArguments& arguments, Index k, float* scratch) {
  upsampled_convolution_simd<simd::F32x16Avx2>(arguments, k, scratch);
}

}  // namespace vitpose::engine

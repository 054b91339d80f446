#include "core/simd/f32x16_neon.h"
#include "ops/convolution/upsampled_convolution_simd.h"

namespace vitpose::engine {

void upsampled_convolution_neon(const UpsampledConvolutionArguments& arguments, Index k, float* scratch) {
  upsampled_convolution_simd<simd::F32x16Neon>(arguments, k, scratch);
}

}  // namespace vitpose::engine

#include "core/simd/f32x16_scalar.h"
#include "ops/convolution/upsampled_convolution_simd.h"

namespace vitpose::engine {

void upsampled_convolution_scalar(const UpsampledConvolutionArguments& arguments, Index k, float* scratch) {
  upsampled_convolution_simd<simd::F32x16Scalar>(arguments, k, scratch);
}

}  // namespace vitpose::engine

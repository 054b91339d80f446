#include "ops/convolution/upsampled_convolution.h"

#include <algorithm>

namespace vitpose::engine {

BilinearSource bilinear_source(Index i, Index size, Index scale) {
  const float ratio = 1.0f / static_cast<float>(scale);
  const float source = std::max(ratio * (static_cast<float>(i) + 0.5f) - 0.5f, 0.0f);
  const Index i0 = std::min(static_cast<Index>(source), size - 1);
  return {i0, std::min(i0 + 1, size - 1), std::min(source - static_cast<float>(i0), 1.0f)};
}

Index upsampled_convolution_scratch_floats(const UpsampledConvolutionArguments& arguments) {
  const Index padded_height = (arguments.height + 15) / 16 * 16;
  const Index maps = 9 * arguments.width * padded_height;
  const Index columns = 3 * arguments.width * arguments.scale * padded_height;
  const Index rows = 3 * padded_height * ((arguments.width * arguments.scale + 15) / 16 * 16);
  return maps + columns + rows;
}

}  // namespace vitpose::engine

// The simple decoder's tail: bilinear upsampling by `scale`, then a 3x3 convolution with zero padding 1.
//
// Both are linear, so they commute: the nine taps are applied first, at low resolution, as one matrix product
// with 9 K output channels; what is left is to upsample the nine K-channel maps, shift each by its tap and add:
//   out[k][y][x] = bias[k] + sum over taps (dy, dx) in -1..1 of up(tap_maps[.., .., (dy+1)*3+(dx+1), k])(y+dy, x+dx)
// where a tap whose (y+dy, x+dx) lies outside the upsampled image contributes nothing.
// up() is torch's bilinear interpolation, align_corners false: source = max((i + 0.5) / scale - 0.5, 0),
// i0 = floor(source), i1 = min(i0 + 1, size - 1), fraction = source - i0 (all in f32).
#pragma once

#include "core/tensor.h"

namespace vitpose::engine {

struct UpsampledConvolutionArguments {
  const float* tap_maps = nullptr;  // [height, width, 9 * keypoints], channel = tap * keypoints + k
  Index height = 0;                 // of the low-resolution maps
  Index width = 0;
  Index keypoints = 0;
  Index scale = 4;
  const float* bias = nullptr;  // [keypoints]
  float* out = nullptr;         // [keypoints, height * scale, width * scale] of one image
};

// Computes the map of keypoint k. `scratch` holds upsampled_convolution_scratch_floats(arguments).
using UpsampledConvolutionKernel = void (*)(const UpsampledConvolutionArguments& arguments, Index k, float* scratch);

Index upsampled_convolution_scratch_floats(const UpsampledConvolutionArguments& arguments);

}  // namespace vitpose::engine

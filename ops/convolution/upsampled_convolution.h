// The simple decoder's tail: bilinear upsampling by `scale`, then a 3x3 convolution with zero padding 1.
//
// Both are linear, so they commute: the nine taps are applied first, at low resolution, as one matrix product
// with 9 K output channels; what is left is to upsample the nine K-channel maps, shift each by its tap and add:
//   out[k][y][x] = bias[k] + sum over taps (dy, dx) in -1..1 of up(tap_maps[.., .., (dy+1)*3+(dx+1), k])(y+dy, x+dx)
// where a tap whose (y+dy, x+dx) lies outside the upsampled image contributes nothing.
// up() is torch's bilinear interpolation, align_corners false: source = max((i + 0.5) * (1 / scale) - 0.5, 0),
// i0 = floor(source), i1 = min(i0 + 1, size - 1), fraction = source - i0 (all in f32).
//
// Upsampling is separable, and its vertical half is the same for the three dx. Definition (f32):
//   columns  h[dy][i][x] = ((0 + t[-1]) + t[0]) + t[1], where t[dx] = fma(fraction, m[i][j1], (1 - fraction) *
//   m[i][j0])
//            at x + dx for m = the map of tap (dy, dx), or 0 if x + dx lies outside
//   rows     out[y][x]: starts at bias[k]; for dy = -1, 0, 1 with y + dy inside:
//            out = fma(1 - fraction, h[dy][i0][x], out), then out = fma(fraction, h[dy][i1][x], out)
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

void upsampled_convolution_scalar(const UpsampledConvolutionArguments& arguments, Index k, float* scratch);
void upsampled_convolution_avx2(const UpsampledConvolutionArguments& arguments, Index k, float* scratch);
void upsampled_convolution_avx512(const UpsampledConvolutionArguments& arguments, Index k, float* scratch);
void upsampled_convolution_neon(const UpsampledConvolutionArguments& arguments, Index k, float* scratch);

Index upsampled_convolution_scratch_floats(const UpsampledConvolutionArguments& arguments);

// Where output pixel i of an axis of `size` pixels, upsampled by `scale`, reads: pixels i0 and i1, i1 with
// weight `fraction`.
struct BilinearSource {
  Index i0;
  Index i1;
  float fraction;
};
BilinearSource bilinear_source(Index i, Index size, Index scale);

}  // namespace vitpose::engine

// The kernels of --dtype bf16 and int8 on one screen: one Bf16Kernels per instruction set that multiplies bf16.
//
// int8 is bf16 with linear layers of int8 weights: their input's rows are quantised to bytes on the way in. Integer
// sums are exact and what is around them is fixed, so a quantised product has the same bits everywhere; the rest has
// not.
//
// Between two products activations are bf16, rounded once to nearest even; sums, the residual stream, softmax, norms
// and heatmaps are f32. Within one instruction set the bits do not depend on threads, batch or position. Between
// instruction sets they differ, because each adds the products in an order of its own:
//   avx512_bf16  per pair of k, ascending: sum = fma(odd, odd, sum), then sum = fma(even, even, sum); blocks of
//                kGemmBlock pairs as in gemm.h. "emulated" computes the same in plain C++: it is what the tests compare
//                with, and runs anywhere, slowly.
//   amx          see gemm/amx_product.h
// In all of them denormals count as zero in products and in rounding.
#pragma once

#include <string_view>
#include <vector>

#include "ops/attention/attention.h"
#include "ops/gemm/gemm.h"
#include "ops/layer_norm/layer_norm.h"

namespace vitpose::engine {

using LayerNormBf16Kernel = void (*)(MatrixView<const float> x, const LayerNormWeights& weights,
                                     MatrixView<BFloat16> out);
// out[i] = x[i] rounded to nearest even
using RoundKernel = void (*)(const float* x, BFloat16* out, Index count);
// out[i] = x[i] < 0 ? 0 : x[i]; NaN passes. `out` may be `x`.
using ReluBf16Kernel = void (*)(const BFloat16* x, BFloat16* out, Index count);

// Bytes for a row of `count` values: with lowest = min(0, x...), highest = max(0, x...),
//   scale = (highest - lowest) / 255, inverse = 255 / (highest - lowest), zero = round(-lowest * inverse),
//   out[i] = round(x[i] * inverse) + zero, from 0 to 255;  x[i] is about scale * (out[i] - zero).
// round is of the exact product, to nearest even. A row of zeros has the scale 0, and so has one whose highest - lowest
// is below kSmallestByteRange, where the inverse would be no float; one with a NaN or an infinity has the scale NaN.
// The bytes behind `count` up to `padded` are 0.
using QuantiseKernel = void (*)(const BFloat16* x, Index count, std::uint8_t* out, Index padded, float* scale,
                                float* zero);
inline constexpr float kSmallestByteRange = 0x1p-120f;

struct Bf16Kernels {
  const char* name;
  GemmKernel gemm;
  GemmTuning gemm_tuning;
  AttentionBf16Kernel attention;
  LayerNormBf16Kernel layer_norm;
  RoundKernel round;
  ReluBf16Kernel relu;
  GemmKernel gemm_int8;
  QuantiseKernel quantise;
};

// Whether this CPU has all instructions of the kernels called `isa`.
bool cpu_has_bf16_kernels(std::string_view isa);

// Those that this CPU and operating system run, best first, and at the end the emulation, which runs anywhere.
const std::vector<const Bf16Kernels*>& available_bf16_kernels();

// Those of `isa` ("" = the best). With `emulate` the emulation serves where there are none, else that is an Error
// kUnsupported that names what is available. The error text is for users of bf16 and of int8.
const Bf16Kernels& find_bf16_kernels(std::string_view isa, bool emulate);

}  // namespace vitpose::engine

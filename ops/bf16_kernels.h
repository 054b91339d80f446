// The kernels of --float-parts bf16 on one screen: one Bf16Kernels per instruction set that multiplies bf16.
//
// --dtype bf16 needs nothing else. --dtype int8 has linear layers and transposed convolutions of int8 weights besides:
// their input is quantised to bytes on the way in. Integer sums are exact and what is around them is fixed, so a
// quantised product has the same bits everywhere; the rest has not. (Where it shall, or without bf16 instructions:
// int8_kernels.h.)
//
// Between two products activations are bf16, rounded once to nearest even; sums, the residual stream, softmax, norms
// and heatmaps are f32. Within one instruction set the bits do not depend on threads, batch or position. Between
// instruction sets they differ, because each adds the products in an order of its own:
//   avx512_bf16  per pair of k, ascending: sum = fma(odd, odd, sum), then sum = fma(even, even, sum); blocks of
//                kGemmBlock pairs as in gemm.h. vdpbf16ps does that, and so do fused multiply-adds of f32, nearly twice
//                as fast where CpuFeatures::slow_vdpbf16ps. "emulated" computes the same in plain C++: it is what the
//                tests compare with, and runs anywhere, slowly.
//   amx          see gemm/product_amx.h
// In all of them denormals count as zero in products and in rounding.
#pragma once

#include <string_view>
#include <vector>

#include "ops/attention/attention.h"
#include "ops/elementwise/quantise.h"
#include "ops/gemm/gemm.h"
#include "ops/layer_norm/layer_norm.h"

namespace vitpose::engine {

using LayerNormBf16Kernel = void (*)(MatrixView<const float> x, const LayerNormWeights& weights,
                                     MatrixView<BFloat16> out);
// out[i] = x[i] rounded to nearest even
using RoundKernel = void (*)(const float* x, BFloat16* out, Index count);
// out[i] = x[i] < 0 ? 0 : x[i]; NaN passes. `out` may be `x`.
using ReluBf16Kernel = void (*)(const BFloat16* x, BFloat16* out, Index count);

struct Bf16Kernels {
  const char* name;
  GemmKernel gemm;
  GemmTuning gemm_tuning;
  AttentionBf16Kernel attention;
  LayerNormBf16Kernel layer_norm;
  RoundKernel round;
  ReluBf16Kernel relu;
  GemmKernel gemm_int8;
  QuantiseBf16Kernel quantise;
};

// Whether this CPU has all instructions of the kernels called `isa`.
bool cpu_has_bf16_kernels(std::string_view isa);

// Those that this CPU and operating system run, best first, and at the end the emulation, which runs anywhere.
// "avx512_bf16" is there twice, with the same bits: by its own instruction and by fused multiply-adds of f32, which are
// quicker on some processors.
const std::vector<const Bf16Kernels*>& available_bf16_kernels();

// Their names, each once.
std::vector<std::string_view> bf16_kernel_names();

// Whether there are any for `isa` ("" = any), but for the emulation.
bool has_bf16_kernels(std::string_view isa);

// Those of `isa` ("" = the best). With `emulate` the emulation serves where there are none, else that is an Error
// kUnsupported that names what is available.
const Bf16Kernels& find_bf16_kernels(std::string_view isa, bool emulate);

}  // namespace vitpose::engine

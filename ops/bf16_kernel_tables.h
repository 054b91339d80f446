// The tables themselves; bf16_kernels.cpp offers those that this CPU can run.
#pragma once

#include "ops/bf16_kernels.h"

namespace vitpose::engine {

extern const Bf16Kernels bf16_amx_kernels;
extern const Bf16Kernels bf16_avx512_kernels;
extern const Bf16Kernels bf16_emulated_kernels;

void layer_norm_bf16_avx512(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<BFloat16> out);
void layer_norm_bf16_scalar(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<BFloat16> out);
void round_bf16_avx512(const float* x, BFloat16* out, Index count);
void round_bf16_scalar(const float* x, BFloat16* out, Index count);
void relu_bf16_avx512(const BFloat16* x, BFloat16* out, Index count);
void relu_bf16_scalar(const BFloat16* x, BFloat16* out, Index count);
void quantise_avx512(const BFloat16* x, Index count, std::uint8_t* out, Index padded, float* scale, float* zero);
void quantise_scalar(const BFloat16* x, Index count, std::uint8_t* out, Index padded, float* scale, float* zero);

}  // namespace vitpose::engine

// The instruction sets' GEMM kernels, for the tables of kernels.h, which knows what this CPU can run.
#pragma once

#include "ops/gemm/gemm.h"

namespace vitpose::engine {

void gemm_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_avx2(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_neon(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_scalar(const GemmArguments& arguments, const GemmBlock& block, float* scratch);

// A of bf16.
void gemm_bf16_amx(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_bf16_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_bf16_avx512_fused(const GemmArguments& arguments, const GemmBlock& block, float* scratch);  // the same bits
void gemm_bf16_scalar(const GemmArguments& arguments, const GemmBlock& block, float* scratch);

// A of u8.
void gemm_int8_amx(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_int8_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_int8_avx512_vnni(const GemmArguments& arguments, const GemmBlock& block, float* scratch);  // C of f32 only
void gemm_int8_avx2_vnni(const GemmArguments& arguments, const GemmBlock& block, float* scratch);    // likewise
void gemm_int8_scalar(const GemmArguments& arguments, const GemmBlock& block, float* scratch);

// A of bytes that are stored as words (kI16); C of f32 only.
void gemm_words_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch);
void gemm_words_avx2(const GemmArguments& arguments, const GemmBlock& block, float* scratch);

}  // namespace vitpose::engine

// o = softmax(q k^T * head_size^-0.5) v for one head of one image.
//
// Definition (f32): scores s are products in the sense of gemm.h (one chain over head_size in blocks of
// kGemmBlock). Per query row, keys ascending and key j in lane j % 16:
//   m = maximum (16 lanes from -infinity, max(a, b) = a > b ? a : b, then the tree of reduce_max)
//   e_j = exp(fma(s_j, scale, -(m * scale)))      sum of e_j in 16 lanes, then the tree of reduce_add
//   o = (product of e and v in the sense of gemm.h, over the keys) * (1 / sum)
// so a NaN or +infinity in a query's scores makes that query's output NaN, and no other's.
// `out` must not overlap q, k, v.
#pragma once

#include "core/tensor.h"
#include "ops/gemm/gemm.h"

namespace vitpose::engine {

struct AttentionArguments {
  Index tokens = 0;
  Index head_size = 0;
  const float* q = nullptr;  // [tokens, head_size], rows qkv_stride apart; k and v likewise
  const float* k = nullptr;
  const float* v = nullptr;
  Index qkv_stride = 0;
  float* out = nullptr;  // [tokens, head_size], rows out_stride apart
  Index out_stride = 0;
};

// `scratch` holds attention_scratch_floats(tokens, head_size), 64-byte aligned.
using AttentionKernel = void (*)(const AttentionArguments& arguments, float* scratch);

void attention_scalar(const AttentionArguments& arguments, float* scratch);
void attention_avx2(const AttentionArguments& arguments, float* scratch);
void attention_avx512(const AttentionArguments& arguments, float* scratch);
void attention_neon(const AttentionArguments& arguments, float* scratch);

Index attention_scratch_floats(Index tokens, Index head_size);

// The same with q, k, v and o in bf16: products by the processor's instructions (ops/bf16_kernels.h), everything
// between them in f32, e_j rounded to bf16 for the product with v. head_size and qkv_stride are even.
struct AttentionBf16Arguments {
  Index tokens = 0;
  Index head_size = 0;
  const BFloat16* q = nullptr;
  const BFloat16* k = nullptr;
  const BFloat16* v = nullptr;
  Index qkv_stride = 0;
  BFloat16* out = nullptr;
  Index out_stride = 0;
};

// `scratch` holds attention_bf16_scratch_floats(tokens, head_size), 64-byte aligned.
using AttentionBf16Kernel = void (*)(const AttentionBf16Arguments& arguments, float* scratch);

void attention_bf16_scalar(const AttentionBf16Arguments& arguments, float* scratch);
void attention_bf16_avx512(const AttentionBf16Arguments& arguments, float* scratch);
void attention_bf16_avx512_fused(const AttentionBf16Arguments& arguments, float* scratch);  // the same bits
void attention_bf16_amx(const AttentionBf16Arguments& arguments, float* scratch);

Index attention_bf16_scratch_floats(Index tokens, Index head_size);

inline constexpr Index kAttentionBf16Strip = 32;  // query rows, at most
inline constexpr Index kAttentionUnits = 16;      // pairs of k are padded to a multiple of this

// head_size^-0.5, correctly rounded.
float attention_scale(Index head_size);

// The kernels' scratch: strips of query rows, cut into blocks of columns (attention_simd.h).
inline constexpr Index kAttentionStrip = 12;                                  // rows
inline constexpr Index kAttentionStride = kGemmBlock + 16;                    // floats from row to row of a block
inline constexpr Index kAttentionBlock = kAttentionStrip * kAttentionStride;  // floats from block to block
Index attention_strip_floats(Index columns);

}  // namespace vitpose::engine

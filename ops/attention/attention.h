// o = softmax(q k^T * head_size^-0.5) v for one head of one image.
//
// Definition (f32): scores are products in the sense of gemm.h (one chain over head_size in blocks of
// kGemmBlock). Per query row: m = maximum (max(a,b) = a > b ? a : b), e_j = exp((s_j - m) * scale), the sum in 16
// lanes and the tree of F32x16::reduce_add; o = (product of e and v in the sense of gemm.h over the keys) / sum
// (one IEEE division by the sum, or a multiplication by its reciprocal: the kernel's body says which, once).
// `out` must not overlap q, k, v.
#pragma once

#include "core/tensor.h"

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

Index attention_scratch_floats(Index tokens, Index head_size);

}  // namespace vitpose::engine

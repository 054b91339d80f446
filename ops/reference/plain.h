// What the reference's files share: the sums that every kernel takes in this order, and no other.
#pragma once

#include "ops/gemm/gemm.h"

namespace vitpose::engine {

// sum over k of left(k) * right(k): chains of fused multiply-adds in blocks of kGemmBlock, the blocks' sums
// added in ascending order (ops/gemm/gemm.h).
template <class Left, class Right>
float plain_product(Index k, Left left, Right right) {
  float total = 0.0f;
  for (Index first = 0; first < k; first += kGemmBlock) {
    float block = 0.0f;
    for (Index kk = first; kk < k && kk < first + kGemmBlock; ++kk) block = __builtin_fmaf(left(kk), right(kk), block);
    total = first == 0 ? block : total + block;
  }
  return total;
}

// Sixteen lanes to one number: i and i + 8, then i and i + 4, i and i + 2, 0 and 1.
template <class Combine>
float plain_tree(const float (&lanes)[16], Combine combine) {
  float rest[16];
  for (int i = 0; i < 16; ++i) rest[i] = lanes[i];
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) rest[i] = combine(rest[i], rest[i + half]);
  }
  return rest[0];
}

inline float plain_add(float a, float b) {
  return a + b;
}

inline float plain_max(float a, float b) {
  return a > b ? a : b;
}

// relu(x): NaN passes.
inline float plain_relu(float x) {
  return x < 0.0f ? 0.0f : x;
}

}  // namespace vitpose::engine

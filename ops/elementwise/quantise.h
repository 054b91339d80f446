// Rows of activations as integers from 0 to 255, for products with int8 weights.
//
// For a row of `count` values: with lowest = min(0, x...), highest = max(0, x...),
//   scale = (highest - lowest) / 255, inverse = 255 / (highest - lowest), zero = round(-lowest * inverse),
//   out[i] = round(x[i] * inverse) + zero, from 0 to 255;  x[i] is about scale * (out[i] - zero).
// round is of the exact product, to nearest even. A row of zeros has the scale 0, and so has one whose highest - lowest
// is below kSmallestByteRange, where the inverse would be no float; one with a NaN or an infinity has the scale NaN.
// What is behind `count` up to `padded` is 0. The same bits on every instruction set.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/shape.h"

namespace vitpose::engine {

inline constexpr float kSmallestByteRange = 0x1p-120f;

using QuantiseBf16Kernel = void (*)(const BFloat16* x, Index count, std::uint8_t* out, Index padded, float* scale,
                                    float* zero);

// From f32. `out`: bytes, or words for the products that take them (gemm.h, kI16).
using QuantiseKernel = void (*)(const float* x, Index count, void* out, Index padded, float* scale, float* zero);

void quantise_bytes_scalar(const float* x, Index count, void* out, Index padded, float* scale, float* zero);
void quantise_bytes_avx2(const float* x, Index count, void* out, Index padded, float* scale, float* zero);
void quantise_bytes_avx512(const float* x, Index count, void* out, Index padded, float* scale, float* zero);
void quantise_words_avx2(const float* x, Index count, void* out, Index padded, float* scale, float* zero);
void quantise_words_avx512(const float* x, Index count, void* out, Index padded, float* scale, float* zero);

}  // namespace vitpose::engine

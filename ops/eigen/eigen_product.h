// Eigen's matrix product, compiled once for each instruction set.
#pragma once

#include "core/shape.h"

namespace vitpose::engine {

// out [rows, channels] = a [rows, k] W^T with W [channels, k], all dense; on the calling thread.
// May throw std::bad_alloc: Eigen takes its packing buffers from the heap when they are large.
using EigenProduct = void (*)(const float* a, Index rows, const float* weights, Index channels, Index k, float* out);

void eigen_product_scalar(const float* a, Index rows, const float* weights, Index channels, Index k, float* out);
void eigen_product_avx2(const float* a, Index rows, const float* weights, Index channels, Index k, float* out);
void eigen_product_avx512(const float* a, Index rows, const float* weights, Index channels, Index k, float* out);

}  // namespace vitpose::engine

// The product in Eigen's words, for the one file per instruction set that includes this.
//
// Eigen is all templates, and a template compiled with AVX flags must not be the copy that the linker keeps for
// an older CPU (tests/layers/isa_symbols.sh). So each of those files first gives the namespace Eigen a name of its
// own: every symbol then says where it belongs.
#pragma once

#define EIGEN_DONT_PARALLELIZE  // the threads are ours
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12's AVX-512 intrinsics, used by Eigen
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <Eigen/Core>

#include "ops/eigen/eigen_product.h"

namespace vitpose::engine {

using EigenMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Matrix>
void eigen_product(const float* a, Index rows, const float* weights, Index channels, Index k, float* out) {
  using In = Eigen::Map<const Matrix>;
  Eigen::Map<Matrix>(out, rows, channels).noalias() = In(a, rows, k) * In(weights, channels, k).transpose();
}

}  // namespace vitpose::engine

// Cholesky's factorisation, from the last row up.
#pragma once

#include "core/thread_pool.h"

namespace vitpose::engine {

// Replaces the upper triangle of a symmetric `matrix` [n, n] by that of R, upper triangular, where R R^T is the matrix;
// what is below is neither read nor written. False if the matrix is not positive definite; it is spoilt then. The bits
// do not depend on the number of threads.
bool factor_upper(double* matrix, Index n, ThreadPool& pool);

}  // namespace vitpose::engine

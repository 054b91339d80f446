// Matrix products by Eigen.
#pragma once

#include "ops/backend.h"
#include "ops/kernels.h"

namespace vitpose::engine {

// Eigen runs with the instruction set of `kernels`.
std::unique_ptr<Backend> make_eigen_backend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool);

}  // namespace vitpose::engine

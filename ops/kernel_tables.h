// The tables themselves; kernels.cpp offers those that this CPU can run.
#pragma once

#include "ops/kernels.h"

namespace vitpose::engine {

extern const KernelTable scalar_kernels;
extern const KernelTable avx2_kernels;
extern const KernelTable avx512_kernels;
extern const KernelTable neon_kernels;

}  // namespace vitpose::engine

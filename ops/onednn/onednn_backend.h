// Matrix products by oneDNN.
#pragma once

#include "ops/backend.h"
#include "ops/kernels.h"

namespace vitpose::engine {

// oneDNN chooses its instruction set itself (ONEDNN_MAX_CPU_ISA); `kernels` is for everything else.
// Error kUnsupported where oneDNN has nothing but its reference loops.
std::unique_ptr<Backend> make_onednn_backend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool);

}  // namespace vitpose::engine

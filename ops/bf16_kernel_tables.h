// The tables themselves; bf16_kernels.cpp offers those that this CPU can run.
#pragma once

#include "ops/bf16_kernels.h"

namespace vitpose::engine {

extern const Bf16Kernels bf16_amx_kernels;
extern const Bf16Kernels bf16_avx512_kernels;
extern const Bf16Kernels bf16_avx512_fused_kernels;  // the same bits; for slow_vdpbf16ps
extern const Bf16Kernels bf16_emulated_kernels;

}  // namespace vitpose::engine

// What this core can do at most: independent fused multiply-adds in registers, nothing else. Measured where it is
// used, because the clock of a shared machine moves.
#pragma once

#include <string_view>

namespace vitpose::engine::bench {

// GFLOP/s of one thread for the instruction set `isa`; 0 for one without vectors.
double fma_peak(std::string_view isa);

// Runs `rounds` rounds; returns the number of floating-point operations done. `sink` keeps the work alive.
double run_fma_avx2(long rounds, float* sink);
double run_fma_avx512(long rounds, float* sink);
double run_fma_neon(long rounds, float* sink);

}  // namespace vitpose::engine::bench

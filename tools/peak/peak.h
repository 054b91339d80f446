// What this processor can multiply at most: independent multiply-adds in registers, nothing else. Measured where it is
// used, because the clock of a shared machine moves.
#pragma once

#include <string_view>
#include <vector>

#include "core/dtype.h"

namespace vitpose::tools {

// The name of a table in ops/kernels.h or ops/bf16_kernels.h, and what its products multiply: kF32, kBF16, kI8.
struct PeakProbe {
  std::string_view isa;
  engine::DType dtype;
  // Runs `rounds` rounds of some 64 cycles; returns the operations done, two for a multiply-add.
  double (*run)(long rounds);
};

// Those for kernels that this CPU can run, which may then be run; fastest first within a dtype.
const std::vector<PeakProbe>& available_peak_probes();

// GFLOP/s (for bytes GOP/s) that `threads` threads reach together, each on a core of its own.
double measure_peak(const PeakProbe& probe, int threads = 1);

// That of one thread, for the kernels called `isa`; 0 if nobody knows how to measure it.
double measure_peak(std::string_view isa, engine::DType dtype);

}  // namespace vitpose::tools

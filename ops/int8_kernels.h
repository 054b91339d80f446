// The kernels of --dtype int8 with --float-parts f32: one Int8Kernels per instruction set.
//
// Linear layers and transposed convolutions multiply bytes; everything else is f32 by the KernelTable of kernels.h,
// whose bits are the same on every instruction set. Integer sums are exact and what is around them is fixed (gemm.h,
// quantise.h), so that whole results have the same bits on every instruction set too.
#pragma once

#include <string_view>
#include <vector>

#include "ops/elementwise/quantise.h"
#include "ops/gemm/gemm.h"

namespace vitpose::engine {

struct Int8Kernels {
  const char* name;  // a value of --isa
  DType rows;        // what the products read: kU8, or kI16 where words are multiplied
  QuantiseKernel quantise;
  GemmKernel gemm;
  GemmTuning gemm_tuning;
};

// Those that this CPU and operating system run, best first; "scalar" is always the last.
const std::vector<const Int8Kernels*>& available_int8_kernels();

// Those of the instruction set `isa`; "" = the best. Error kUnsupported that names what is available.
const Int8Kernels& find_int8_kernels(std::string_view isa);

}  // namespace vitpose::engine

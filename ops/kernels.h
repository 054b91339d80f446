// Every hot function of the engine on one screen. One KernelTable per instruction set; the native backend is
// built with one of them, chosen once. Holding a table proves that this CPU may run it.
//
// All kernels are single-threaded work units; the backend hands them out to threads.
#pragma once

#include <string_view>
#include <vector>

#include "ops/attention/attention.h"
#include "ops/convolution/upsampled_convolution.h"
#include "ops/elementwise/elementwise.h"
#include "ops/gemm/gemm.h"
#include "ops/layer_norm/layer_norm.h"

namespace vitpose::engine {

struct KernelTable {
  const char* name;  // the value of --isa
  GemmKernel gemm;
  GemmTuning gemm_tuning;
  AttentionKernel attention;
  LayerNormKernel layer_norm;
  GeluKernel gelu;
  ReluKernel relu;
  AddRowKernel add_row;
  UpsampledConvolutionKernel upsampled_convolution;
};

// Tables this CPU can run, best first; "scalar" is always the last.
const std::vector<const KernelTable*>& available_kernel_tables();

// The table called `name`; "" is the best one; "amx", "avx512_bf16" and "avx512_vnni" are avx512's and "avx2_vnni" is
// avx2's, if the CPU has them. Error
// kUnsupported if this CPU or this build lacks it, kInvalidArgument if there is no such instruction set; both name the
// ones that are available.
const KernelTable& find_kernel_table(std::string_view name);

}  // namespace vitpose::engine

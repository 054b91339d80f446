#include "ops/gemm/gemm_kernels.h"
#include "ops/kernel_tables.h"

namespace vitpose::engine {

const KernelTable neon_kernels = {
    .name = "neon",
    .gemm = gemm_neon,
    .gemm_tuning = kVectorTuning,
    .attention = attention_neon,
    .layer_norm = layer_norm_neon,
    .gelu = gelu_neon,
    .relu = relu_neon,
    .add_row = add_row_neon,
    .upsampled_convolution = upsampled_convolution_neon,
};

}  // namespace vitpose::engine

#include "ops/gemm/gemm_kernels.h"
#include "ops/kernel_tables.h"

namespace vitpose::engine {

const KernelTable scalar_kernels = {
    .name = "scalar",
    .gemm = gemm_scalar,
    .gemm_tuning = kVectorTuning,
    .attention = attention_scalar,
    .layer_norm = layer_norm_scalar,
    .gelu = gelu_scalar,
    .relu = relu_scalar,
    .add_row = add_row_scalar,
    .upsampled_convolution = upsampled_convolution_scalar,
};

}  // namespace vitpose::engine

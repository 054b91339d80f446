#include "ops/gemm/gemm_kernels.h"
#include "ops/kernel_tables.h"

namespace vitpose::engine {

const KernelTable avx2_kernels = {
    .name = "avx2",
    .gemm = gemm_avx2,
    .gemm_tuning = kAvx2Tuning,
    .attention = attention_avx2,
    .layer_norm = layer_norm_avx2,
    .gelu = gelu_avx2,
    .relu = relu_avx2,
    .add_row = add_row_avx2,
    .upsampled_convolution = upsampled_convolution_avx2,
};

}  // namespace vitpose::engine

#include "ops/gemm/gemm_kernels.h"
#include "ops/kernel_tables.h"

namespace vitpose::engine {

const KernelTable avx512_kernels = {
    .name = "avx512",
    .gemm = gemm_avx512,
    .gemm_tuning = kAvx512Tuning,
    .attention = attention_avx512,
    .layer_norm = layer_norm_avx512,
    .gelu = gelu_avx512,
    .relu = relu_avx512,
    .add_row = add_row_avx512,
    .upsampled_convolution = upsampled_convolution_avx512,
};

}  // namespace vitpose::engine

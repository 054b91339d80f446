#include "core/simd/f32_registers_scalar.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct ScalarGemm : simd::F32RegistersScalar {
  static constexpr int kUnit = 1;
  static constexpr int kRows = 4;
  static constexpr int kPanels = 1;

  // 16 pairs of bf16: the first of each pair to `even`, the second to `odd`.
  static void widen_pairs(const BFloat16* in, float* even, float* odd) {
    for (int lane = 0; lane < kLanes; ++lane) {
      even[lane] = to_f32(in[2 * lane]);
      odd[lane] = to_f32(in[2 * lane + 1]);
    }
  }
};

}  // namespace

void gemm_scalar(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<ScalarGemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

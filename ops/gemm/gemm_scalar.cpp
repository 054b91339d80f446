#include "core/simd/f32x16_scalar.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct ScalarGemm {
  using Vector = simd::F32x16Scalar;
  using Register = simd::F32x16Scalar;
  static constexpr int kUnit = 1;
  static constexpr int kLanes = 16;
  static constexpr int kRows = 4;
  static constexpr int kPanels = 1;

  static Register zero() { return Register::broadcast(0.0f); }
  static Register load(const float* p) { return Register::load(p); }
  static void store(float* p, const Register& v) { v.store(p); }
  static Register broadcast(const float* p) { return Register::broadcast(*p); }
  static Register add(const Register& a, const Register& b) { return a + b; }
  static void multiply_add(Register& sum, const Register& a, const Register& b) { sum = fma(a, b, sum); }
  static void prefetch(const float*) {}
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

// Products of bf16 and of bytes in plain C++: the emulation.
#include "core/simd/bf16_registers_scalar.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct ScalarBf16Gemm : simd::Bf16RegistersScalar {
  static constexpr int kRows = 4;
  static constexpr int kPanels = 1;
};

// The registers hold integers.
struct ScalarInt8Gemm : ScalarBf16Gemm {
  static constexpr int kUnit = 4;
  static constexpr bool kSumsIntegers = true;
  static Register add(const Register& a, const Register& b) {
    Register sums;
    for (int i = 0; i < kLanes; ++i) {
      std::int32_t left;
      std::int32_t right;
      __builtin_memcpy(&left, &a.lane[i], sizeof(left));
      __builtin_memcpy(&right, &b.lane[i], sizeof(right));
      left += right;
      __builtin_memcpy(&sums.lane[i], &left, sizeof(left));
    }
    return sums;
  }
  static void multiply_add(Register& sum, const Register& a, const Register& b) { sum = Bf16::dot_bytes(sum, a, b); }
};

}  // namespace

void gemm_bf16_scalar(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<ScalarBf16Gemm>(arguments, block, scratch).multiply();
}

void gemm_int8_scalar(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<ScalarInt8Gemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

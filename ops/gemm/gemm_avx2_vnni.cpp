// Products of bytes by AVX-VNNI: processors with AVX2 and vpdpbusd, but without AVX-512.
#include "core/simd/i32_registers_avx2.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct Avx2VnniGemm : simd::I32RegistersAvx2 {
  using Vector = simd::F32x16Avx2;
  static constexpr int kUnit = 4;
  static constexpr bool kSumsIntegers = true;
  static constexpr int kRows = 6;  // 12 sums, 2 of B, 1 of A
  static constexpr int kPanels = 1;

  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them. vex: without it
  // assemblers take AVX512_VNNI's encoding.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  }
};

}  // namespace

void gemm_int8_avx2_vnni(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx2VnniGemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

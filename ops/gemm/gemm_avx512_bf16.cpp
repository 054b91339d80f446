// Products of bf16 by AVX512_BF16, and of bytes by AVX512_VNNI.
#include "core/simd/bf16_avx512_bf16.h"
#include "core/simd/i32_registers_avx512.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

// 24 sums, 2 of B, 1 of A, as gemm_avx512.cpp.
struct Avx512Tile {
  using Bf16 = simd::Bf16Avx512;
  using Vector = simd::F32x16Avx512;
  static constexpr int kRows = 12;
  static constexpr int kPanels = 2;
};

struct Avx512Bf16Gemm : Avx512Tile {
  using Register = __m512;
  static constexpr int kUnit = 2;
  static constexpr int kLanes = 16;

  [[gnu::always_inline]] static inline Register zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static inline Register load(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline void store(float* p, Register v) { _mm512_storeu_ps(p, v); }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) { return _mm512_set1_ps(*p); }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
};

// With rows of bf16 around it, unlike that of gemm_avx512_vnni.cpp.
struct Avx512Int8Gemm : Avx512Tile, simd::I32BytesAvx512 {};

}  // namespace

void gemm_bf16_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Bf16Gemm>(arguments, block, scratch).multiply();
}

void gemm_int8_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Int8Gemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

// Products of bf16 by AVX512_BF16, or by fused multiply-adds with the same bits, and of bytes by AVX512_VNNI.
#include "core/simd/bf16_registers_avx512_bf16.h"
#include "core/simd/i32_registers_avx512.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/gemm/gemm_whole_tiles_avx512.h"

namespace vitpose::engine {

namespace {

// 24 sums, 4 of B, 1 of A, as gemm_avx512.cpp.
struct Avx512Tile {
  static constexpr int kRows = 6;
  static constexpr int kPanels = 4;
};

struct Avx512Bf16Gemm : Avx512Tile, simd::Bf16RegistersAvx512 {
  using WholeTiles = WholeTilesAvx512<Avx512Bf16Gemm>;
  static constexpr ProductsAvx512 kProducts = ProductsAvx512::kBf16;
};

// Taken apart, two panels of B are four registers.
struct Avx512Bf16FusedGemm : simd::Bf16FusedRegistersAvx512 {
  static constexpr int kRows = 12;
  static constexpr int kPanels = 2;
};

// With rows of bf16 around it, unlike that of gemm_avx512_vnni.cpp.
struct Avx512Int8Gemm : Avx512Tile, simd::I32BytesAvx512 {
  using WholeTiles = WholeTilesAvx512<Avx512Int8Gemm>;
  static constexpr ProductsAvx512 kProducts = ProductsAvx512::kBytes;
  using Bf16 = simd::Bf16Avx512;
  using Vector = simd::F32x16Avx512;
};

}  // namespace

void gemm_bf16_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Bf16Gemm>(arguments, block, scratch).multiply();
}

void gemm_bf16_avx512_fused(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Bf16FusedGemm>(arguments, block, scratch).multiply();
}

void gemm_int8_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Int8Gemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

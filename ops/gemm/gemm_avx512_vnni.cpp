// Products of bytes by AVX512_VNNI, on processors without AVX512_BF16 too.
#include "core/simd/i32_registers_avx512.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/gemm/gemm_whole_tiles_avx512.h"

namespace vitpose::engine {

namespace {

struct Avx512VnniGemm : simd::I32BytesAvx512 {
  using WholeTiles = WholeTilesAvx512<Avx512VnniGemm>;
  static constexpr ProductsAvx512 kProducts = ProductsAvx512::kBytes;
  using Vector = simd::F32x16Avx512;
  static constexpr int kRows = 6;  // 24 sums, 4 of B, 1 of A, as gemm_avx512.cpp
  static constexpr int kPanels = 4;
};

}  // namespace

void gemm_int8_avx512_vnni(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512VnniGemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine

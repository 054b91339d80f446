// Whole tiles of 6 rows by 64 channels, in assembly: the products of one tile and, in between, the epilogue of the one
// before.
//
// The loop does what GemmTile's does, and keeps both ports of multiply-adds busy as that one does; what counts is what
// lies between two loops. Instructions on vector registers wait in one queue behind all the multiply-adds that are
// still under way, so that an epilogue of hundreds of them leaves the ports idle until it has passed. Here the 24
// vectors of the last tile are finished one at a time after every four steps of k, which have room for them. And g++ 12
// keeps addresses in vector registers, where they wait in the same queue: here a tile's are known long before its turn.
//
// zmm0 to 23 hold the sums, row by row; zmm24 to 27 the panels' channels and zmm28 a row's value, all free between
// steps.
#pragma once

#include "ops/gemm/gemm_tile.h"
#include "ops/gemm/gemm_unfinished_tile_avx512.h"

namespace vitpose::engine {

// The text of the assembly, from its parts: `p` is a panel, `k` one of four steps.
// clang-format off
#define VITPOSE_ROW(multiply_add, address, s0, s1, s2, s3) \
  "vbroadcastss " address ", %%zmm28\n\t"                  \
  multiply_add " %%zmm24, %%zmm28, %%zmm" s0 "\n\t"        \
  multiply_add " %%zmm25, %%zmm28, %%zmm" s1 "\n\t"        \
  multiply_add " %%zmm26, %%zmm28, %%zmm" s2 "\n\t"        \
  multiply_add " %%zmm27, %%zmm28, %%zmm" s3 "\n\t"
#define VITPOSE_STEP(multiply_add, k)                                                 \
  "vmovups 64*" k "(%[b]), %%zmm24\n\t"                                               \
  "vmovups 64*" k "(%[b],%[b_stride]), %%zmm25\n\t"                                   \
  "vmovups 64*" k "(%[b_third]), %%zmm26\n\t"                                         \
  "vmovups 64*" k "(%[b_third],%[b_stride]), %%zmm27\n\t"                             \
  VITPOSE_ROW(multiply_add, "4*" k "(%[a])", "0", "1", "2", "3")                      \
  VITPOSE_ROW(multiply_add, "4*" k "(%[a],%[a_stride])", "4", "5", "6", "7")          \
  VITPOSE_ROW(multiply_add, "4*" k "(%[a],%[a_stride],2)", "8", "9", "10", "11")      \
  VITPOSE_ROW(multiply_add, "4*" k "(%[fourth])", "12", "13", "14", "15")             \
  VITPOSE_ROW(multiply_add, "4*" k "(%[fourth],%[a_stride])", "16", "17", "18", "19") \
  VITPOSE_ROW(multiply_add, "4*" k "(%[fourth],%[a_stride],2)", "20", "21", "22", "23")
#define VITPOSE_ADVANCE(k)      \
  "add $4*" k ", %[a]\n\t"      \
  "add $4*" k ", %[fourth]\n\t" \
  "add $64*" k ", %[b]\n\t"     \
  "add $64*" k ", %[b_third]\n\t"
#define VITPOSE_FOUR_STEPS(multiply_add)                      \
  VITPOSE_STEP(multiply_add, "0") VITPOSE_STEP(multiply_add, "1") \
  VITPOSE_STEP(multiply_add, "2") VITPOSE_STEP(multiply_add, "3") \
  VITPOSE_ADVANCE("4")
#define VITPOSE_PREFETCH "prefetcht1 (%[prefetch])\n\tadd $64, %[prefetch]\n\t"

// v of gemm.h, in zmm29.
#define VITPOSE_SUM(p) "vmovups 64*" p "(%[sums]), %%zmm29\n\tvaddps 576+64*" p "(%[last]), %%zmm29, %%zmm29\n\t"
#define VITPOSE_SUM_OF_INTEGERS(p)                           \
  "vcvtdq2ps 64*" p "(%[sums]), %%zmm29\n\t"                 \
  "vmovaps 1088+64*" p "(%[last]), %%zmm30\n\t"              \
  "vfmadd231ps 472(%[row])%{1to16%}, %%zmm30, %%zmm29\n\t"   \
  "vmovaps 832+64*" p "(%[last]), %%zmm30\n\t"               \
  "vmulps 496(%[row])%{1to16%}, %%zmm30, %%zmm30\n\t"        \
  "vfmadd213ps 576+64*" p "(%[last]), %%zmm30, %%zmm29\n\t"

// What the epilogue makes of it.
#define VITPOSE_NOTHING(p) ""
#define VITPOSE_RELU(p) "vpxord %%zmm30, %%zmm30, %%zmm30\n\tvmaxps %%zmm29, %%zmm30, %%zmm29\n\t"
#define VITPOSE_ADD_C(p) "vaddps 64*" p "(%[c]), %%zmm29, %%zmm29\n\t"
// gelu() of core/simd/math.h, line by line.
#define VITPOSE_POWER(power) \
  "vpermps 64*" power "(%[last]), %%zmm26, %%zmm31\n\tvfmadd213ps %%zmm31, %%zmm27, %%zmm30\n\t"
#define VITPOSE_GELU(p)                                       \
  "vbroadcastss 448(%[last]), %%zmm28\n\t"                    \
  "vandps 468(%[last])%{1to16%}, %%zmm29, %%zmm24\n\t"        \
  "vminps 456(%[last])%{1to16%}, %%zmm24, %%zmm25\n\t"        \
  "vmovaps %%zmm28, %%zmm26\n\t"                              \
  "vfmadd231ps 460(%[last])%{1to16%}, %%zmm25, %%zmm26\n\t"   \
  "vsubps %%zmm28, %%zmm26, %%zmm27\n\t"                      \
  "vfmadd132ps 464(%[last])%{1to16%}, %%zmm25, %%zmm27\n\t"   \
  "vpermps 64*6(%[last]), %%zmm26, %%zmm30\n\t"               \
  VITPOSE_POWER("5") VITPOSE_POWER("4") VITPOSE_POWER("3")    \
  VITPOSE_POWER("2") VITPOSE_POWER("1") VITPOSE_POWER("0")    \
  "vmulps 452(%[last])%{1to16%}, %%zmm29, %%zmm29\n\t"        \
  "vfmadd231ps 452(%[last])%{1to16%}, %%zmm24, %%zmm29\n\t"   \
  "vfmadd231ps %%zmm30, %%zmm25, %%zmm29\n\t"
#define VITPOSE_STORE_F32(p) "vmovups %%zmm29, 64*" p "(%[c])\n\t"
#define VITPOSE_STORE_BF16(p) "vcvtneps2bf16 %%zmm29, %%ymm29\n\tvmovdqu32 %%ymm29, 32*" p "(%[c])\n\t"

// Ninety-six steps and, in between, the epilogue of 24 vectors, row by row.
#define VITPOSE_FINISHING_STEPS(multiply_add, sum, activate, store)                   \
  ".p2align 6\n6:\n\t"                                                                \
  VITPOSE_FOUR_STEPS(multiply_add) sum("0") activate("0") store("0")                  \
  VITPOSE_FOUR_STEPS(multiply_add) sum("1") activate("1") store("1") VITPOSE_PREFETCH \
  VITPOSE_FOUR_STEPS(multiply_add) sum("2") activate("2") store("2")                  \
  VITPOSE_FOUR_STEPS(multiply_add) sum("3") activate("3") store("3") VITPOSE_PREFETCH \
  "add $256, %[sums]\n\tadd $4, %[row]\n\tadd 1360(%[last]), %[c]\n\t"                \
  "sub $16, %[count]\n\tsubl $1, %[rows]\n\tjnz 6b\n\t"
#define VITPOSE_ALL_SUMS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n\t"
#define VITPOSE_ASSEMBLE(multiply_add, add, finishing_steps)                                                    \
  asm volatile(                                                                                                 \
      ".irp i," VITPOSE_ALL_SUMS "vpxord %%zmm\\i, %%zmm\\i, %%zmm\\i\n\t.endr\n\t"                             \
      finishing_steps                                                                                           \
      "sub $8, %[count]\n\tjl 2f\n\t"                                                                           \
      ".p2align 6\n1:\n\t"                                                                                      \
      VITPOSE_FOUR_STEPS(multiply_add) VITPOSE_FOUR_STEPS(multiply_add) VITPOSE_PREFETCH                        \
      "sub $8, %[count]\n\tjge 1b\n"                                                                            \
      "2:\n\tadd $8, %[count]\n\tjz 4f\n"                                                                       \
      "3:\n\t" VITPOSE_STEP(multiply_add, "0") VITPOSE_ADVANCE("1") "sub $1, %[count]\n\tjnz 3b\n"              \
      "4:\n\tmov %[out], %[sums]\n\tcmpb $0, %[adds]\n\tje 5f\n\t"                                              \
      ".irp i," VITPOSE_ALL_SUMS add " 64*\\i(%[sums]), %%zmm\\i, %%zmm\\i\n\t.endr\n"                          \
      "5:\n\t.irp i," VITPOSE_ALL_SUMS "vmovups %%zmm\\i, 64*\\i(%[sums])\n\t.endr\n\t"                         \
      : [a] "+&r"(at.a), [fourth] "+&r"(at.a_fourth), [b] "+&r"(at.b), [b_third] "+&r"(at.b_third),             \
        [prefetch] "+&r"(at.prefetch), [count] "+&r"(count), [sums] "+&r"(last_sums), [row] "+&r"(row),         \
        [c] "+&r"(c), [rows] "+m"(rows)                                                                         \
      : [a_stride] "r"(at.a_stride), [b_stride] "r"(at.b_stride), [last] "r"(&last), [out] "m"(sums),           \
        [adds] "m"(adds)                                                                                        \
      : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",         \
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20",      \
        "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31")
// clang-format on

#define VITPOSE_BY_OUTPUT(multiply_add, add, sum, activate)                                                        \
  if constexpr (sizeof(Output) == sizeof(float)) {                                                                 \
    VITPOSE_ASSEMBLE(multiply_add, add, VITPOSE_FINISHING_STEPS(multiply_add, sum, activate, VITPOSE_STORE_F32));  \
  } else {                                                                                                         \
    VITPOSE_ASSEMBLE(multiply_add, add, VITPOSE_FINISHING_STEPS(multiply_add, sum, activate, VITPOSE_STORE_BF16)); \
  }
#define VITPOSE_BY_EPILOGUE(multiply_add, add, sum)                                                                    \
  if constexpr (!kFinishes) {                                                                                          \
    VITPOSE_ASSEMBLE(multiply_add, add, "");                                                                           \
  } else if constexpr (kEpilogue == Epilogue::kStore) {                                                                \
    VITPOSE_BY_OUTPUT(multiply_add, add, sum, VITPOSE_NOTHING)                                                         \
  } else if constexpr (kEpilogue == Epilogue::kRelu) {                                                                 \
    VITPOSE_BY_OUTPUT(multiply_add, add, sum, VITPOSE_RELU)                                                            \
  } else if constexpr (kEpilogue == Epilogue::kGelu) {                                                                 \
    VITPOSE_BY_OUTPUT(multiply_add, add, sum, VITPOSE_GELU)                                                            \
  } else {                                                                                                             \
    VITPOSE_ASSEMBLE(multiply_add, add, VITPOSE_FINISHING_STEPS(multiply_add, sum, VITPOSE_ADD_C, VITPOSE_STORE_F32)); \
  }

enum class ProductsAvx512 { kF32, kBf16, kBytes };  // vfmadd231ps, vdpbf16ps, vpdpbusd

// The whole tiles of some rows and four panels, one after the other. Isa::kProducts says what is multiplied, Isa::Bf16
// that C may be bf16.
template <class Isa>
class WholeTilesAvx512 {
 public:
  static constexpr Index kPrefetchInterval = 8;

  // Whether blocks of k end where runs do, and the first is long enough to finish a tile meanwhile. Integers, whose
  // sums are exact, have no blocks.
  [[gnu::always_inline]] static inline bool take(const GemmTileInput& input) {
    if (block_length(input.k, input.run_left) < kFinishingSteps) return false;
    return kIsExact || input.run_left >= input.k || (input.run % kGemmBlock == 0 && input.run_left % kGemmBlock == 0);
  }

  // The tile that was multiplied last, for its user to fill in.
  [[gnu::always_inline]] inline UnfinishedTileAvx512& last() { return last_; }

  // sums [6][64] = or, if the input says so, += the tile's products.
  [[gnu::always_inline]] inline void multiply(const GemmTileInput& input, float* sums) const {
    multiply_tile<false, Epilogue::kStore, float>(input, sums, last_);
  }
  // And the last tile's epilogue.
  [[gnu::always_inline]] inline void multiply_and_finish(const GemmTileInput& input, float* sums, Epilogue epilogue,
                                                         DType c_dtype) const {
    if constexpr (requires { typename Isa::Bf16; }) {
      if (c_dtype == DType::kBF16) {
        switch (epilogue) {
          case Epilogue::kRelu: return multiply_tile<true, Epilogue::kRelu, BFloat16>(input, sums, last_);
          case Epilogue::kGelu: return multiply_tile<true, Epilogue::kGelu, BFloat16>(input, sums, last_);
          default: return multiply_tile<true, Epilogue::kStore, BFloat16>(input, sums, last_);
        }
      }
    }
    switch (epilogue) {
      case Epilogue::kStore: return multiply_tile<true, Epilogue::kStore, float>(input, sums, last_);
      case Epilogue::kRelu: return multiply_tile<true, Epilogue::kRelu, float>(input, sums, last_);
      case Epilogue::kGelu: return multiply_tile<true, Epilogue::kGelu, float>(input, sums, last_);
      case Epilogue::kAccumulate: return multiply_tile<true, Epilogue::kAccumulate, float>(input, sums, last_);
    }
  }

 private:
  static constexpr ProductsAvx512 kProducts = Isa::kProducts;
  static constexpr int kRows = 6;
  static constexpr Index kFinishingSteps = 96;
  static constexpr bool kIsExact = kProducts == ProductsAvx512::kBytes;

  // Strides are in bytes.
  struct At {
    const float* a;  // the first and the fourth row
    const float* a_fourth;
    const float* b;  // the first and the third panel
    const float* b_third;
    const float* prefetch;
    Index a_stride;
    Index b_stride;
  };

  // sums [6][64] = or, if it `adds`, += the products of `count` units of k; moves on behind them.
  template <bool kFinishes, Epilogue kEpilogue, class Output>
  [[gnu::always_inline]] static inline void multiply_block(At& at, Index count, bool adds, float* sums,
                                                           const UnfinishedTileAvx512& last) {
    const float* last_sums = last.sums;
    const UnfinishedTileAvx512* row = &last;  // 4 bytes further on with every row: what of it is a row's
    void* c = last.c;
    int rows = kRows;
    if constexpr (kProducts == ProductsAvx512::kF32) {
      VITPOSE_BY_EPILOGUE("vfmadd231ps", "vaddps", VITPOSE_SUM)
    } else if constexpr (kProducts == ProductsAvx512::kBf16) {
      VITPOSE_BY_EPILOGUE("vdpbf16ps", "vaddps", VITPOSE_SUM)
    } else {
      VITPOSE_BY_EPILOGUE("vpdpbusd", "vpaddd", VITPOSE_SUM_OF_INTEGERS)
    }
  }

  // In general registers, which the empty assembly sees to: g++ would take the smaller one in the vector unit's queue.
  [[gnu::always_inline]] static inline Index block_length(Index left, Index run_left) {
    asm("" : "+r"(left), "+r"(run_left));
    Index length = left < run_left ? left : run_left;
    asm("" : "+r"(length));
    if (!kIsExact && length > kGemmBlock) length = kGemmBlock;
    asm("" : "+r"(length));
    return length;
  }

  template <bool kFinishes, Epilogue kEpilogue, class Output>
  [[gnu::noinline]] static void multiply_tile(const GemmTileInput& input, float* sums,
                                              const UnfinishedTileAvx512& last) {
    constexpr Index kBytes = sizeof(float);
    At at{.a = input.a,
          .a_fourth = input.a + 3 * input.a_stride,
          .b = input.b,
          .b_third = input.b + 2 * input.b_stride,
          .prefetch = input.prefetch,
          .a_stride = input.a_stride * kBytes,
          .b_stride = input.b_stride * kBytes};
    Index left = input.k;
    Index run_left = input.run_left;
    Index count = block_length(left, run_left);
    multiply_block<kFinishes, kEpilogue, Output>(at, count, input.adds, sums, last);
    while ((left -= count) > 0) {
      run_left -= count;
      if (run_left == 0) {
        run_left = input.run;
        at.a += input.run_gap;
        at.a_fourth += input.run_gap;
      }
      count = block_length(left, run_left);
      multiply_block<false, Epilogue::kStore, float>(at, count, true, sums, last);
    }
  }

  UnfinishedTileAvx512 last_;
};

#undef VITPOSE_BY_EPILOGUE
#undef VITPOSE_BY_OUTPUT
#undef VITPOSE_ASSEMBLE
#undef VITPOSE_ALL_SUMS
#undef VITPOSE_FINISHING_STEPS
#undef VITPOSE_STORE_BF16
#undef VITPOSE_STORE_F32
#undef VITPOSE_GELU
#undef VITPOSE_POWER
#undef VITPOSE_ADD_C
#undef VITPOSE_RELU
#undef VITPOSE_NOTHING
#undef VITPOSE_SUM_OF_INTEGERS
#undef VITPOSE_SUM
#undef VITPOSE_PREFETCH
#undef VITPOSE_FOUR_STEPS
#undef VITPOSE_ADVANCE
#undef VITPOSE_STEP
#undef VITPOSE_ROW

}  // namespace vitpose::engine

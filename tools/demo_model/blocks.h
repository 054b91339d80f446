// Numbers of 16 bits (half) and products of blocks of 32 x 32, by what the compiler's machine has. Each file defines
//   widen, narrow: one number to float and back;
//   to_float: n, a multiple of 16, of them; narrow_row: a block's row of floats to numbers;
//   set_up_tiles: to be called once a thread, before its first product;
//   block_product: sums [32][32] of a [32, k], rows `stride` apart, times a packed panel b [k, 32] (products.h).
#pragma once
#if defined(__AMX_BF16__)
#include "blocks_amx.h"
#elif defined(__AVX512FP16__)
#include "blocks_avx512_fp16.h"
#elif defined(__AVX512BF16__)
#include "blocks_avx512_bf16.h"
#else
#include "blocks_scalar.h"
#endif

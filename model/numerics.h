// Which software's bits are reproduced (docs/numerics.md).
#pragma once

namespace vitpose::engine {

enum class Normalization { kHf4, kHf5 };  // --numerics: three roundings (transformers 4.x) or fused (5.x default)
enum class WarpMatrix { kNumpy2, kNumpy1 };

struct NumericsOptions {
  Normalization normalization = Normalization::kHf4;
  WarpMatrix warp_matrix = WarpMatrix::kNumpy2;
  bool hf_exact = false;  // also repeat transformers' known bugs, bit for bit
};

}  // namespace vitpose::engine

#include "bench/fma_peak.h"
#include "bench/fma_peak_body.h"
#include "core/simd/f32x16_avx512.h"

namespace vitpose::engine::bench {

double run_fma_avx512(long rounds, float* sink) {
  return run_fma_chains<simd::F32x16Avx512, 12>(rounds, sink);
}

}  // namespace vitpose::engine::bench

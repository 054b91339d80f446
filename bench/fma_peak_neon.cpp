#include "bench/fma_peak.h"
#include "bench/fma_peak_body.h"
#include "core/simd/f32x16_neon.h"

namespace vitpose::engine::bench {

double run_fma_neon(long rounds, float* sink) {
  return run_fma_chains<simd::F32x16Neon, 6>(rounds, sink);
}

}  // namespace vitpose::engine::bench

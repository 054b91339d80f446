#include "core/simd/f32x16_avx2.h"
#include "tools/peak/peak_body.h"
#include "tools/peak/peak_probes.h"

namespace vitpose::tools {

double run_f32_avx2(long rounds) {
  return run_f32_chains<engine::simd::F32x16Avx2, 6>(rounds);
}

}  // namespace vitpose::tools

#include "core/simd/f32x16_neon.h"
#include "tools/peak/peak_body.h"
#include "tools/peak/peak_probes.h"

namespace vitpose::tools {

double run_f32_neon(long rounds) {
  return run_f32_chains<engine::simd::F32x16Neon, 6>(rounds);
}

}  // namespace vitpose::tools

// The probes of all instruction sets; peak.cpp offers those that this CPU can run.
#pragma once

namespace vitpose::tools {

double run_f32_avx2(long rounds);
double run_f32_avx512(long rounds);
double run_bf16_avx512(long rounds);
double run_int8_avx512(long rounds);
double run_bf16_amx(long rounds);
double run_int8_amx(long rounds);
double run_f32_neon(long rounds);

}  // namespace vitpose::tools

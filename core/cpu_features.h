// What this processor and operating system can run. Detected once: on x86-64 by cpuid and xgetbv; every 64-bit ARM has
// NEON.
#pragma once

#include <string>

namespace vitpose::engine {

struct CpuFeatures {
  bool avx2 = false;         // AVX2 and FMA, registers saved by the operating system
  bool avx512 = false;       // AVX-512 F, BW, DQ, VL
  bool avx512_vnni = false;  // vpdpbusd on zmm (and avx512)
  bool avx512_bf16 = false;  // vdpbf16ps on zmm (and avx512)
  // Intel's processors with AMX issue vdpbf16ps every other cycle, but two fused multiply-adds of f32 in each. Virtual
  // machines often hide their AMX; what gives them away is half precision.
  bool slow_vdpbf16ps = false;
  bool avx_vnni = false;  // vpdpbusd on ymm (and avx2)
  bool amx_bf16 = false;  // tiles of bf16; may be used after permit_amx()
  bool amx_int8 = false;  // tiles of bytes, likewise
  bool neon = false;      // Advanced SIMD of 64-bit ARM
  std::string brand;      // "Intel(R) Xeon(R) ..."
};

const CpuFeatures& cpu_features();

// Asks the operating system to let this process use AMX; false if it will not. From then on a thread that uses it has
// 8 KB more state to save, in signal frames too, so this is done only when a model is loaded that needs it.
bool permit_amx();

}  // namespace vitpose::engine

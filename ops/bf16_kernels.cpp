#include "ops/bf16_kernels.h"

#include <string>

#include "core/cpu_features.h"
#include "core/error.h"
#include "ops/bf16_kernel_tables.h"

namespace vitpose::engine {
namespace {

std::vector<const Bf16Kernels*> detect_kernels() {
  std::vector<const Bf16Kernels*> kernels;
#if defined(__x86_64__)
  const CpuFeatures& cpu = cpu_features();
  if (cpu.amx_bf16 && cpu.avx512_bf16 && permit_amx()) kernels.push_back(&bf16_amx_kernels);
  if (cpu.avx512_bf16) kernels.push_back(&bf16_avx512_kernels);
#endif
  kernels.push_back(&bf16_emulated_kernels);
  return kernels;
}

std::string native_names() {
  std::string names;
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    if (kernels != &bf16_emulated_kernels) names += std::string(kernels->name) + ", ";
  }
  return names;
}

}  // namespace

const std::vector<const Bf16Kernels*>& available_bf16_kernels() {
  static const std::vector<const Bf16Kernels*> kernels = detect_kernels();
  return kernels;
}

const Bf16Kernels& find_bf16_kernels(std::string_view isa, bool emulate) {
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    if (kernels != &bf16_emulated_kernels && (isa.empty() || isa == kernels->name)) return *kernels;
  }
  if (emulate) return bf16_emulated_kernels;
  fail(ErrorCode::kUnsupported, "dtype bf16: ",
       isa.empty() ? "this CPU (" + cpu_features().brand + ")" : "instruction set '" + std::string(isa) + "'",
       " has no bf16 products: expected ", isa.empty() ? "" : "one of " + native_names(),
       "dtype f32, or emulation (slow)");
}

}  // namespace vitpose::engine

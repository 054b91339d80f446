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
  if (cpu_has_bf16_kernels("amx") && permit_amx()) kernels.push_back(&bf16_amx_kernels);
  if (cpu_has_bf16_kernels("avx512_bf16")) {
    const bool slow = cpu_features().slow_vdpbf16ps;
    kernels.push_back(slow ? &bf16_avx512_fused_kernels : &bf16_avx512_kernels);
    kernels.push_back(slow ? &bf16_avx512_kernels : &bf16_avx512_fused_kernels);
  }
#endif
  kernels.push_back(&bf16_emulated_kernels);
  return kernels;
}

std::string native_names() {
  std::string names;
  for (const std::string_view name : bf16_kernel_names()) {
    if (name != bf16_emulated_kernels.name) names.append(name).append(", ");
  }
  return names.empty() ? "" : "isa " + names;
}

// Null if there are none for `isa` ("" = any) but the emulation.
const Bf16Kernels* find_native(std::string_view isa) {
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    if (kernels != &bf16_emulated_kernels && (isa.empty() || isa == kernels->name)) return kernels;
  }
  return nullptr;
}

}  // namespace

bool cpu_has_bf16_kernels(std::string_view isa) {
  const CpuFeatures& cpu = cpu_features();
  const bool vectors = cpu.avx512_bf16 && cpu.avx512_vnni;  // amx's need them around the products
  if (isa == "amx") return vectors && cpu.amx_bf16 && cpu.amx_int8;
  return isa == "avx512_bf16" && vectors;
}

const std::vector<const Bf16Kernels*>& available_bf16_kernels() {
  static const std::vector<const Bf16Kernels*> kernels = detect_kernels();
  return kernels;
}

std::vector<std::string_view> bf16_kernel_names() {
  std::vector<std::string_view> names;
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    if (names.empty() || names.back() != kernels->name) names.emplace_back(kernels->name);
  }
  return names;
}

bool has_bf16_kernels(std::string_view isa) {
  return find_native(isa) != nullptr;
}

const Bf16Kernels& find_bf16_kernels(std::string_view isa, bool emulate) {
  if (const Bf16Kernels* kernels = find_native(isa)) return *kernels;
  if (emulate) return bf16_emulated_kernels;
  fail(ErrorCode::kUnsupported,
       isa.empty() ? "this CPU (" + cpu_features().brand + ")" : "instruction set '" + std::string(isa) + "'",
       " has no products of bf16: expected ", native_names(),
       "float parts f32 for int8, dtype f32, or emulation (slow)");
}

}  // namespace vitpose::engine

#include "ops/kernels.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/cpu_features.h"
#include "core/error.h"
#include "ops/bf16_kernels.h"
#include "ops/kernel_tables.h"

namespace vitpose::engine {
namespace {

// Every --isa value, whether or not this build and this CPU have it.
constexpr std::array<std::string_view, 8> kInstructionSets = {"amx",       "avx512_bf16", "avx512_vnni", "avx512",
                                                              "avx2_vnni", "avx2",        "neon",        "scalar"};

std::vector<const KernelTable*> detect_tables() {
  std::vector<const KernelTable*> tables;
#if defined(__x86_64__)
  if (cpu_features().avx512) tables.push_back(&avx512_kernels);
  if (cpu_features().avx2) tables.push_back(&avx2_kernels);
#elif defined(__aarch64__)
  if (cpu_features().neon) tables.push_back(&neon_kernels);
#endif
  tables.push_back(&scalar_kernels);
  return tables;
}

// The instruction sets for bf16 and int8 (bf16_kernels.h, int8_kernels.h), of which this CPU has some, bring nothing
// new for f32.
struct Extension {
  std::string_view name;
  std::string_view floats;
  bool is_available;
};

std::array<Extension, 4> extensions() {
  const CpuFeatures& cpu = cpu_features();
  return {{{"avx2_vnni", "avx2", cpu.avx_vnni},
           {"avx512_vnni", "avx512", cpu.avx512_vnni},
           {"avx512_bf16", "avx512", cpu_has_bf16_kernels("avx512_bf16")},
           {"amx", "avx512", cpu_has_bf16_kernels("amx")}}};
}

std::string_view floats_of(std::string_view name) {
  for (const Extension& extension : extensions()) {
    if (extension.name == name && extension.is_available) return extension.floats;
  }
  return name;
}

std::string available_names() {
  std::string names;
  for (const KernelTable* table : available_kernel_tables())
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  for (const Extension& extension : extensions()) {
    if (extension.is_available) names += ", " + std::string(extension.name);
  }
  return names;
}

}  // namespace

const std::vector<const KernelTable*>& available_kernel_tables() {
  static const std::vector<const KernelTable*> tables = detect_tables();
  return tables;
}

const KernelTable& find_kernel_table(std::string_view name) {
  const std::vector<const KernelTable*>& tables = available_kernel_tables();
  if (name.empty()) return *tables.front();
  const std::string_view own_name = floats_of(name);
  for (const KernelTable* table : tables) {
    if (own_name == table->name) return *table;
  }
  if (std::find(kInstructionSets.begin(), kInstructionSets.end(), name) == kInstructionSets.end()) {
    fail(ErrorCode::kInvalidArgument, "unknown instruction set '", name, "': expected one of ", available_names());
  }
  fail(ErrorCode::kUnsupported, "instruction set '", name, "' is not available on this CPU (", cpu_features().brand,
       "): expected one of ", available_names());
}

}  // namespace vitpose::engine

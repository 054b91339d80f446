#include "core/cpu_features.h"

#if defined(__x86_64__)
#include <array>
#include <cpuid.h>
#include <cstdint>
#include <cstring>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace vitpose::engine {

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

bool bit(unsigned value, int position) {
  return ((value >> position) & 1u) != 0;
}

// Which register states the operating system saves on a context switch (XCR0).
std::uint64_t enabled_states() {
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

std::string brand_string() {
  std::array<char, 49> text{};
  for (unsigned part = 0; part < 3; ++part) {
    const Registers r = cpuid(0x80000002u + part);
    std::memcpy(text.data() + 16 * part, &r, 16);
  }
  std::string brand(text.data());
  const auto first = brand.find_first_not_of(' ');
  return first == std::string::npos ? "unknown" : brand.substr(first, brand.find_last_not_of(' ') - first + 1);
}

CpuFeatures detect() {
  CpuFeatures features;
  features.brand = brand_string();
  const Registers leaf1 = cpuid(1);
  if (!bit(leaf1.ecx, 27)) return features;  // no OSXSAVE: xgetbv must not be executed
  const std::uint64_t states = enabled_states();
  const bool ymm = (states & 0x6) == 0x6;
  const bool zmm = (states & 0xe6) == 0xe6;
  const bool tiles = (states & 0x60000) == 0x60000;
  const Registers leaf7 = cpuid(7);
  const Registers leaf7_1 = cpuid(7, 1);
  features.avx2 = ymm && bit(leaf1.ecx, 28) && bit(leaf1.ecx, 12) && bit(leaf7.ebx, 5);
  features.avx_vnni = features.avx2 && bit(leaf7_1.eax, 4);
  features.avx512 =
      features.avx2 && zmm && bit(leaf7.ebx, 16) && bit(leaf7.ebx, 17) && bit(leaf7.ebx, 30) && bit(leaf7.ebx, 31);
  features.avx512_vnni = features.avx512 && bit(leaf7.ecx, 11);
  features.avx512_bf16 = features.avx512 && bit(leaf7_1.eax, 5);
  features.slow_vdpbf16ps = features.avx512_bf16 && bit(leaf7.edx, 23);
  features.amx_bf16 = tiles && bit(leaf7.edx, 22);
  features.amx_int8 = tiles && bit(leaf7.edx, 25);
  return features;
}

}  // namespace
#else
namespace {
CpuFeatures detect() {
  CpuFeatures features;
#if defined(__aarch64__)
  features.neon = true;
  features.brand = "64-bit ARM";
#else
  features.brand = "unknown";
#endif
  return features;
}
}  // namespace
#endif

bool permit_amx() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // the component of the processor's extended state
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

}  // namespace vitpose::engine

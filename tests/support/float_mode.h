// The processor's floating-point control register, for tests of callers who have changed it.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace vitpose::engine::testing {

#if defined(__x86_64__)
inline constexpr std::uint64_t kFlushDenormals = 0x8040;  // MXCSR: flush to zero, denormals are zero
inline constexpr std::uint64_t kRoundDown = 0x2000;
inline constexpr std::uint64_t kRoundUp = 0x4000;

inline std::uint64_t float_mode() {
  return _mm_getcsr() & 0xffc0u;  // without the status flags
}
inline void set_float_mode(std::uint64_t mode) {
  _mm_setcsr(static_cast<unsigned>(mode));
}
#elif defined(__aarch64__)
inline constexpr std::uint64_t kFlushDenormals = std::uint64_t{1} << 24;  // FPCR: FZ
inline constexpr std::uint64_t kRoundDown = std::uint64_t{2} << 22;
inline constexpr std::uint64_t kRoundUp = std::uint64_t{1} << 22;

inline std::uint64_t float_mode() {
  std::uint64_t mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
inline void set_float_mode(std::uint64_t mode) {
  asm volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}
#endif

inline constexpr std::uint64_t kRounding = kRoundDown | kRoundUp;

}  // namespace vitpose::engine::testing

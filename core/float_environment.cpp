#include "core/float_environment.h"

#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__
#error "vitpose: -ffast-math and its parts change results and lose NaN; compile without them"
#endif

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace vitpose::engine {

#if defined(__x86_64__)
namespace {
constexpr unsigned kDefaultMxcsr = 0x1f80;  // all exceptions masked, nearest even, no FTZ, no DAZ
}
FloatEnvironment::FloatEnvironment() noexcept : saved_(_mm_getcsr()) {
  _mm_setcsr(kDefaultMxcsr);
}
FloatEnvironment::~FloatEnvironment() {
  _mm_setcsr(static_cast<unsigned>(saved_));
}
#elif defined(__aarch64__)
FloatEnvironment::FloatEnvironment() noexcept {
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  asm volatile("msr fpcr, %0" : : "r"(std::uint64_t{0}));
}
FloatEnvironment::~FloatEnvironment() {
  asm volatile("msr fpcr, %0" : : "r"(saved_));
}
#else
#error "vitpose: unknown processor; add its floating-point control register here"
#endif

}  // namespace vitpose::engine

// What a thread does between two looks at a value that another thread will change.
#pragma once

namespace vitpose::engine {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace vitpose::engine

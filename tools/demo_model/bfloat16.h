// Numbers of 16 bits as bfloat16.
#pragma once
#include <stdint.h>
#include <string.h>

typedef uint16_t half;
enum { BLOCK = 32 };

static inline float widen(half v) {
  uint32_t u = (uint32_t)v << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

static inline half narrow(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return (half)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

static inline void to_float(const half* from, int64_t n, float* to) {
  for (int64_t i = 0; i < n; ++i) to[i] = widen(from[i]);
}

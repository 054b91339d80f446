// GELU and softmax on bfloat16 for training on CPUs: PyTorch's own take most of a step's time there. Compiled by
// kernels.py for the machine it runs on; one call works on one thread.
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float widen(uint16_t v) {
  uint32_t u = (uint32_t)v << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

static inline uint16_t narrow(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return (uint16_t)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

// exp for arguments of at most 0 or so; below -87 it gives about 1e-38.
static inline float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  float n = floorf(x * 1.44269504f + 0.5f);
  float r = x - n * 0.69314718f;
  float p = 1.0f + r * (1.0f + r * (0.5f + r * (0.16666667f + r * (0.041666667f + r * 0.0083333333f))));
  int32_t bits = ((int32_t)n + 127) << 23;
  float scale;
  memcpy(&scale, &bits, 4);
  return p * scale;
}

// The normal distribution's density (times sqrt(2 pi)) and its integral (Abramowitz and Stegun 7.1.26, 1.5e-7).
static inline float normal_integral(float x, float* bell) {
  float z = fabsf(x) * 0.70710678f;
  float e = exponential(-z * z);
  float t = 1.0f / (1.0f + 0.3275911f * z);
  float tail =
      0.5f * e * t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  *bell = e;
  return x < 0 ? tail : 1.0f - tail;
}

void gelu(const uint16_t* x, uint16_t* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    float bell, v = widen(x[i]);
    y[i] = narrow(v * normal_integral(v, &bell));
  }
}

void gelu_backward(const uint16_t* x, const uint16_t* gy, uint16_t* gx, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    float bell, v = widen(x[i]);
    float slope = normal_integral(v, &bell) + v * bell * 0.39894228f;
    gx[i] = narrow(widen(gy[i]) * slope);
  }
}

void softmax(uint16_t* x, int64_t rows, int64_t n) {
  float e[1024];
  for (int64_t r = 0; r < rows; ++r, x += n) {
    float top = -1e30f, sum = 0.0f;
    for (int64_t i = 0; i < n; ++i) {
      e[i] = widen(x[i]);
      top = e[i] > top ? e[i] : top;
    }
    for (int64_t i = 0; i < n; ++i) {
      e[i] = exponential(e[i] - top);
      sum += e[i];
    }
    float scale = 1.0f / sum;
    for (int64_t i = 0; i < n; ++i) x[i] = narrow(e[i] * scale);
  }
}

// g becomes the gradient of the scores: p * (g - sum(p * g)).
void softmax_backward(const uint16_t* p, uint16_t* g, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; ++r, p += n, g += n) {
    float dot = 0.0f;
    for (int64_t i = 0; i < n; ++i) dot += widen(p[i]) * widen(g[i]);
    for (int64_t i = 0; i < n; ++i) g[i] = narrow(widen(p[i]) * (widen(g[i]) - dot));
  }
}

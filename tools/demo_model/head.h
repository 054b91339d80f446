// The head's upsampling with its 3x3 convolution, the loss of the maps, and their gradients.
#pragma once
#include <math.h>

#include "attention.h"

enum { MOST_ROWS = 64, MOST_COLUMNS = 48 };
#define SHARPNESS 12.0f  // softmax(SHARPNESS * map) of a perfect map is a Gaussian of sigma / sqrt(SHARPNESS)
#define PLACE 0.5f       // weight of the place's cross-entropy

// Upsampling by 4, its rows shifted by -1, 0 and 1: rows [4 h, 3 h] and columns [3 w, 4 w].
typedef struct {
  int64_t height, width;  // of the tokens
  const float *rows, *columns;
} Grid;

static inline int64_t tokens_of(const Grid* g) {
  return g->height * g->width;
}

// c [m, n] = a [m, k] b [k, n]
static void multiply(const float* a, const float* b, int64_t m, int64_t n, int64_t k, float* c) {
  memset(c, 0, m * n * sizeof *c);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < k; ++j) {
      float f = a[i * k + j];
      if (f != 0)
        for (int64_t l = 0; l < n; ++l) c[i * n + l] += f * b[j * n + l];
    }
}

static void turn(const float* a, int64_t m, int64_t n, float* out) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) out[j * m + i] = a[i * n + j];
}

// The taps' products of one crop [tokens, TAPS_PADDED] to one keypoint's map.
static void map_of(const Grid* g, const float* products, int keypoint, float bias, float* map) {
  float small[3 * 16 * 3 * 12], wide[3 * 16 * MOST_COLUMNS];
  int64_t h = g->height, w = g->width;
  for (int64_t tap = 0; tap < 9; ++tap)
    for (int64_t t = 0; t < h * w; ++t)
      small[(tap / 3 * h + t / w) * 3 * w + tap % 3 * w + t % w] =
          products[t * TAPS_PADDED + tap * KEYPOINTS + keypoint];
  multiply(small, g->columns, 3 * h, 4 * w, 3 * w, wide);
  multiply(g->rows, wide, 4 * h, 4 * w, 3 * h, map);
  for (int64_t i = 0; i < 16 * h * w; ++i) map[i] += bias;
}

// The way back: a map's gradient to that of the taps' products.
static void map_backward(const Grid* g, const float* map, int keypoint, half* products) {
  float small[3 * 16 * 3 * 12], wide[3 * 16 * MOST_COLUMNS];
  float rows[MOST_ROWS * 3 * 16], columns[3 * 12 * MOST_COLUMNS];
  int64_t h = g->height, w = g->width;
  turn(g->rows, 4 * h, 3 * h, rows);
  turn(g->columns, 3 * w, 4 * w, columns);
  multiply(rows, map, 3 * h, 4 * w, 4 * h, wide);
  multiply(wide, columns, 3 * h, 3 * w, 4 * w, small);
  for (int64_t tap = 0; tap < 9; ++tap)
    for (int64_t t = 0; t < h * w; ++t)
      products[t * TAPS_PADDED + tap * KEYPOINTS + keypoint] =
          narrow(small[(tap / 3 * h + t / w) * 3 * w + tap % 3 * w + t % w]);
}

// Cross-entropy of where the map's peak is, against the four pixels around the point; adds its gradient, times
// factor, to g. It tells places apart long before there are peaks, where squared error hardly does.
static double place_loss(const float* map, int64_t height, int64_t width, float x, float y, float factor, float* g) {
  float e[MOST_ROWS * MOST_COLUMNS], top = -1e30f, sum = 0;
  int64_t n = height * width;
  x = fminf(fmaxf(x, 0), width - 1.001f);
  y = fminf(fmaxf(y, 0), height - 1.001f);
  int64_t corner = (int64_t)y * width + (int64_t)x;
  float fx = x - floorf(x), fy = y - floorf(y);
  float parts[4] = {(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx};
  int64_t places[4] = {corner, corner + 1, corner + width, corner + width + 1};
  for (int64_t i = 0; i < n; ++i) top = map[i] > top ? map[i] : top;
  for (int64_t i = 0; i < n; ++i) {
    e[i] = exponential(SHARPNESS * (map[i] - top));
    sum += e[i];
  }
  float scale = factor * SHARPNESS / sum;
  for (int64_t i = 0; i < n; ++i) g[i] += scale * e[i];
  double loss = 0;
  for (int i = 0; i < 4; ++i) {
    loss += parts[i] * (log(sum) - SHARPNESS * (map[places[i]] - top));
    g[places[i]] -= factor * SHARPNESS * parts[i];
  }
  return factor * loss;
}

// Squared error against a Gaussian (corner pixels on corner pixels; sigma 2 on maps of 64x48), and the place's
// cross-entropy, both times weight; found = 0: against an empty map. Writes the gradient of the map.
static double map_loss(const float* map, int64_t height, int64_t width, const float* point, int found, float weight,
                       float* g) {
  float across[MOST_COLUMNS], down[MOST_ROWS];
  float x = point[0] * (width - 1) / 191, y = point[1] * (height - 1) / 255, spread = 2 * 4.0f * height / 64;
  for (int64_t i = 0; i < width; ++i) across[i] = found ? exponential(-(i - x) * (i - x) / spread) : 0;
  for (int64_t i = 0; i < height; ++i) down[i] = exponential(-(i - y) * (i - y) / spread);
  float squares = 0;
  for (int64_t i = 0; i < height; ++i)
    for (int64_t j = 0; j < width; ++j) {
      float d = map[i * width + j] - down[i] * across[j];
      squares += d * d;
      g[i * width + j] = 2 * weight * d;
    }
  return weight * squares + (found ? place_loss(map, height, width, x, y, weight * PLACE, g) : 0);
}

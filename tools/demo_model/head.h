// The head's upsampling with its 3x3 convolution, the loss of the maps, and their gradients.
#pragma once
#include <math.h>

#include "attention.h"
#include "crops.h"

enum { MOST_ROWS = 64, MOST_COLUMNS = 48 };
#define SHARPNESS 12.0f   // softmax(SHARPNESS * map) of a perfect map is a Gaussian of sigma / sqrt(SHARPNESS)
#define PLACE 0.2f        // weight of the place's cross-entropy
#define USUAL_SIGMA 2.0f  // of heatmaps of 64x48; squares of maps with this one count once

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

// Where the first tap of a token lies in the matrix [3 h, 3 w] of a map's products, and the others from there.
static inline int64_t product_of(const Grid* g, const Crop* c, int64_t token) {
  int64_t place = place_in(g, c, token), w = g->width;
  return place / w * 3 * w + place % w;
}

static inline int64_t tap_from_first(const Grid* g, int64_t tap) {
  return tap / 3 * g->height * 3 * g->width + tap % 3 * g->width;
}

// The taps' products [rows, TAPS_PADDED] to one keypoint's map of one crop; tokens that the crop does not bring count
// as features of zeros.
static void map_of(const Grid* g, const Crop* c, const float* products, int keypoint, float bias, float* map) {
  float small[3 * 16 * 3 * 12], wide[3 * 16 * MOST_COLUMNS];
  int64_t h = g->height, w = g->width;
  memset(small, 0, sizeof small);
  products += c->first * TAPS_PADDED + keypoint;
  for (int64_t t = 0; t < tokens_in(c); ++t, products += TAPS_PADDED) {
    float* to = small + product_of(g, c, t);
    for (int64_t tap = 0; tap < 9; ++tap) to[tap_from_first(g, tap)] = products[tap * KEYPOINTS];
  }
  multiply(small, g->columns, 3 * h, 4 * w, 3 * w, wide);
  multiply(g->rows, wide, 4 * h, 4 * w, 3 * h, map);
  for (int64_t i = 0; i < 16 * h * w; ++i) map[i] += bias;
}

// The way back: a map's gradient to that of the taps' products.
static void map_backward(const Grid* g, const Crop* c, const float* map, int keypoint, half* products) {
  float small[3 * 16 * 3 * 12], wide[3 * 16 * MOST_COLUMNS];
  float rows[MOST_ROWS * 3 * 16], columns[3 * 12 * MOST_COLUMNS];
  int64_t h = g->height, w = g->width;
  turn(g->rows, 4 * h, 3 * h, rows);
  turn(g->columns, 3 * w, 4 * w, columns);
  multiply(rows, map, 3 * h, 4 * w, 4 * h, wide);
  multiply(wide, columns, 3 * h, 3 * w, 4 * w, small);
  products += c->first * TAPS_PADDED + keypoint;
  for (int64_t t = 0; t < tokens_in(c); ++t, products += TAPS_PADDED) {
    const float* from = small + product_of(g, c, t);
    for (int64_t tap = 0; tap < 9; ++tap) products[tap * KEYPOINTS] = narrow(from[tap_from_first(g, tap)]);
  }
}

// exp(-(i - place)^2 / (2 variance)) for i < n, divided by their sum where asked.
static void gaussian(float place, float variance, int64_t n, int normalised, float* to) {
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += to[i] = exponential(-(i - place) * (i - place) / (2 * variance));
  for (int64_t i = 0; i < n && normalised; ++i) to[i] /= sum;
}

// Cross-entropy of where the map's peak is, against the Gaussian that softmax(SHARPNESS * map) of a perfect map is;
// adds its gradient, times factor, to g. It tells places apart long before there are peaks, where squared error
// hardly does.
static double place_loss(const float* map, int64_t height, int64_t width, float x, float y, float variance,
                         float factor, float* g) {
  float e[MOST_ROWS * MOST_COLUMNS], across[MOST_COLUMNS], down[MOST_ROWS], top = -1e30f, sum = 0, mean = 0;
  int64_t n = height * width;
  gaussian(fminf(fmaxf(x, 0), width - 1), variance / SHARPNESS, width, 1, across);
  gaussian(fminf(fmaxf(y, 0), height - 1), variance / SHARPNESS, height, 1, down);
  for (int64_t i = 0; i < n; ++i) top = map[i] > top ? map[i] : top;
  for (int64_t i = 0; i < n; ++i) {
    e[i] = exponential(SHARPNESS * (map[i] - top));
    sum += e[i];
  }
  float scale = factor * SHARPNESS;
  for (int64_t i = 0; i < height; ++i)
    for (int64_t j = 0; j < width; ++j) {
      float wanted = down[i] * across[j];
      mean += wanted * (map[i * width + j] - top);
      g[i * width + j] += scale * (e[i * width + j] / sum - wanted);
    }
  return factor * (log(sum) - SHARPNESS * mean);
}

// Squared error against a Gaussian (corner pixels on corner pixels; sigma in pixels of a map of 64x48), and the
// place's cross-entropy, both times weight; found = 0: against an empty map. Writes the gradient of the map. Squares
// count as 1 / sigma^2, so that a wrong height costs the same in maps of every sigma.
static double map_loss(const float* map, int64_t height, int64_t width, const float* point, float sigma, int found,
                       float weight, float* g) {
  float across[MOST_COLUMNS], down[MOST_ROWS];
  float x = point[0] * (width - 1) / 191, y = point[1] * (height - 1) / 255, variance = sigma * sigma * height / 64;
  float squares_weight = weight * (USUAL_SIGMA * USUAL_SIGMA) / (sigma * sigma);
  gaussian(x, variance, width, 0, across);
  gaussian(y, variance, height, 0, down);
  float squares = 0;
  for (int64_t i = 0; i < height; ++i)
    for (int64_t j = 0; j < width; ++j) {
      float d = map[i * width + j] - (found ? down[i] * across[j] : 0);
      squares += d * d;
      g[i * width + j] = 2 * squares_weight * d;
    }
  return squares_weight * squares + (found ? place_loss(map, height, width, x, y, variance, weight * PLACE, g) : 0);
}

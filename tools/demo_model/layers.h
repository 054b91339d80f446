// The encoder's layers on rows of tokens [rows, WIDTH]: forward keeps what backward needs.
#pragma once
#include <math.h>

#include "attention.h"
#include "crops.h"

// Of one layer; [rows, ...] each.
typedef struct {
  half *normed1, *qkv, *attended, *normed2;  // normed: before scale and shift
  half *activated, *slope;                   // GELU and its derivative
  float *deviation1, *deviation2;            // one over it
} Kept;

typedef struct {
  float *x, *wide;              // [rows, WIDTH]: the residual stream or its gradient; a product
  half *narrowed, *attended_g;  // [rows, WIDTH]
  half *hidden_g, *qkv_g;       // [rows, HIDDEN], [rows, 3 * WIDTH]
  half *turned, *packed;        // [rows, HIDDEN]: operands of a weight's gradient
  AttentionScratch* attention;
} Scratch;

// x to (x - mean) / deviation.
static void normalise(const float* x, int64_t rows, half* normed, float* deviation) {
  for (int64_t r = 0; r < rows; ++r, x += WIDTH, normed += WIDTH) {
    float sum = 0, squares = 0;
    for (int c = 0; c < WIDTH; ++c) sum += x[c];
    float mean = sum / WIDTH;
    for (int c = 0; c < WIDTH; ++c) squares += (x[c] - mean) * (x[c] - mean);
    deviation[r] = 1 / sqrtf(squares / WIDTH + 1e-12f);
    float row[WIDTH];
    for (int c = 0; c < WIDTH; ++c) row[c] = x[c] - mean;
    to_half(row, deviation[r], WIDTH, normed);
  }
}

static void scale_and_shift(const half* normed, const float* w, const float* b, int64_t rows, half* out) {
  float row[WIDTH];
  for (int64_t r = 0; r < rows; ++r) {
    to_float(normed + r * WIDTH, WIDTH, row);
    for (int c = 0; c < WIDTH; ++c) row[c] = row[c] * w[c] + b[c];
    to_half(row, 1, WIDTH, out + r * WIDTH);
  }
}

// g, the gradient of the scaled and shifted; that of x is added to x.
static void norm_backward(const half* normed, const float* deviation, const float* w, const float* g, int64_t rows,
                          float* x, float* w_g, float* b_g) {
  float n[WIDTH];
  for (int64_t r = 0; r < rows; ++r, normed += WIDTH, g += WIDTH, x += WIDTH) {
    float sum = 0, dot = 0;
    to_float(normed, WIDTH, n);
    for (int c = 0; c < WIDTH; ++c) {
      float v = g[c] * w[c];
      w_g[c] += g[c] * n[c];
      b_g[c] += g[c];
      sum += v;
      dot += v * n[c];
    }
    sum /= WIDTH;
    dot /= WIDTH;
    for (int c = 0; c < WIDTH; ++c) x[c] += deviation[r] * (g[c] * w[c] - sum - n[c] * dot);
  }
}

// x * Phi(x) and its derivative; Phi by Abramowitz and Stegun 7.1.26, 1.5e-7.
static inline void gelu(const float* restrict x, half* restrict y, half* restrict slope) {
  float value[BLOCK], derivative[BLOCK];
  for (int i = 0; i < BLOCK; ++i) {
    float z = fabsf(x[i]) * 0.70710678f;
    float e = exponential(-z * z);
    float t = 1.0f / (1.0f + 0.3275911f * z);
    float sum = 0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f)));
    float integral = 0.5f + copysignf(0.5f - 0.5f * e * t * sum, x[i]);
    value[i] = x[i] * integral;
    derivative[i] = integral + x[i] * 0.39894228f * e;
  }
  narrow_row(value, y);
  narrow_row(derivative, slope);
}

typedef struct {
  void* to;
  const float* bias;
  int64_t stride;
  half* slope;
} Linear;

static void add_bias(const float (*sums)[BLOCK], int64_t row, int64_t column, void* linear) {
  const Linear* l = linear;
  for (int r = 0; r < BLOCK; ++r) {
    half* restrict to = (half*)l->to + (row + r) * l->stride + column;
    const float* restrict bias = l->bias + column;
    float biased[BLOCK];
    for (int c = 0; c < BLOCK; ++c) biased[c] = sums[r][c] + bias[c];
    narrow_row(biased, to);
  }
}

static void add_bias_and_gelu(const float (*sums)[BLOCK], int64_t row, int64_t column, void* linear) {
  const Linear* l = linear;
  float x[BLOCK];
  for (int r = 0; r < BLOCK; ++r) {
    int64_t at = (row + r) * l->stride + column;
    for (int c = 0; c < BLOCK; ++c) x[c] = sums[r][c] + l->bias[column + c];
    gelu(x, (half*)l->to + at, l->slope + at);
    __builtin_prefetch((half*)l->to + at + BLOCK * l->stride, 1);
    __builtin_prefetch(l->slope + at + BLOCK * l->stride, 1);
  }
}

static void times_slope(const float (*sums)[BLOCK], int64_t row, int64_t column, void* linear) {
  const Linear* l = linear;
  for (int r = 0; r < BLOCK; ++r) {
    int64_t at = (row + r) * l->stride + column;
    half* restrict to = (half*)l->to + at;
    const half* restrict slope = l->slope + at;
    __builtin_prefetch(slope + BLOCK * l->stride);  // the next block's; no prefetcher sees such strides coming
    float g[BLOCK];
    to_float(slope, BLOCK, g);
    for (int c = 0; c < BLOCK; ++c) g[c] *= sums[r][c];
    narrow_row(g, to);
  }
}

static void add_to_stream(const float (*sums)[BLOCK], int64_t row, int64_t column, void* linear) {
  const Linear* l = linear;
  for (int r = 0; r < BLOCK; ++r) {
    float* restrict to = (float*)l->to + (row + r) * WIDTH + column;
    const float* restrict bias = l->bias + column;
    for (int c = 0; c < BLOCK; ++c) to[c] += sums[r][c] + bias[c];
  }
}

// Zeros in the rows after the last token.
static void clear_rest(const Batch* b, half* matrix, int64_t columns) {
  memset(matrix + b->tokens * columns, 0, (b->rows - b->tokens) * columns * sizeof(half));
}

static void layer_forward(float* const* p, const PackedLayer* w, int layer, int expert, const Batch* b, const Kept* k,
                          Scratch* s) {
  int64_t rows = b->rows;
  normalise(s->x, rows, k->normed1, k->deviation1);
  scale_and_shift(k->normed1, of_layer(p, layer, NORM1_W), of_layer(p, layer, NORM1_B), rows, s->narrowed);
  product(s->narrowed, WIDTH, w->qkv, rows, 3 * WIDTH, WIDTH, add_bias, &(Linear){k->qkv, w->qkv_bias, 3 * WIDTH, 0});
  clear_rest(b, k->attended, WIDTH);
  for (const Crop* c = b->crops; c < b->crops + b->count; ++c)
    attention(k->qkv + c->first * 3 * WIDTH, tokens_in(c), k->attended + c->first * WIDTH, s->attention);
  product(k->attended, WIDTH, w->o, rows, WIDTH, WIDTH, add_to_stream,
          &(Linear){s->x, of_layer(p, layer, O_B), WIDTH, 0});
  normalise(s->x, rows, k->normed2, k->deviation2);
  scale_and_shift(k->normed2, of_layer(p, layer, NORM2_W), of_layer(p, layer, NORM2_B), rows, s->narrowed);
  product(s->narrowed, WIDTH, w->fc1, rows, HIDDEN, WIDTH, add_bias_and_gelu,
          &(Linear){k->activated, of_layer(p, layer, FC1_B), HIDDEN, k->slope});
  product(k->activated, HIDDEN, w->fc2[expert], rows, WIDTH, HIDDEN, add_to_stream,
          &(Linear){s->x, w->fc2_bias[expert], WIDTH, 0});
}

// Where the gradient of a weight [out, in] goes: rows below `split` to `to`, the others to `rest`.
typedef struct {
  float *to, *rest;
  int64_t in, split;
  float scale;
} WeightGradient;

static void add_gradient(const float (*sums)[BLOCK], int64_t row, int64_t column, void* gradient) {
  const WeightGradient* w = gradient;
  for (int r = 0; r < BLOCK; ++r) {
    int64_t o = row + r;
    float* to = (o < w->split ? w->to + o * w->in : w->rest + (o - w->split) * w->in) + column;
    for (int c = 0; c < BLOCK; ++c) to[c] += sums[r][c] * w->scale;
  }
}

static void add_columns(const half* g, int64_t stride, int64_t rows, int64_t n, float scale, float* to) {
  float sums[HIDDEN], row[HIDDEN];
  memset(sums, 0, sizeof sums);
  for (int64_t r = 0; r < rows; ++r) {
    to_float(g + r * stride, n, row);
    for (int64_t c = 0; c < n; ++c) sums[c] += row[c];
  }
  for (int64_t c = 0; c < n; ++c) to[c] += sums[c] * scale;
}

// g [rows, out], turned into s->turned, times the packed input [rows, in].
static void weight_gradient(const half* g, int64_t stride, int64_t rows, int64_t out, int64_t in, const half* packed,
                            WeightGradient to, Scratch* s) {
  transpose(g, stride, rows, out, s->turned);
  product(s->turned, rows, packed, out, in, rows, add_gradient, &to);
}

// s->x: the gradient of the layer's output, on return of its input.
static void layer_backward(float* const* p, float* const* g, const PackedLayer* w, int layer, int expert,
                           const Batch* b, const Kept* k, Scratch* s) {
  int64_t rows = b->rows, own = WIDTH - PART;
  int part_w = PART_W + 2 * expert;
  to_half(s->x, 1, rows * WIDTH, s->narrowed);
  add_columns(s->narrowed, WIDTH, rows, own, 1, of_layer(g, layer, FC2_B));
  add_columns(s->narrowed + own, WIDTH, rows, PART, 1, of_layer(g, layer, part_w + 1));
  product(s->narrowed, WIDTH, w->fc2_t[expert], rows, HIDDEN, WIDTH, times_slope,
          &(Linear){s->hidden_g, 0, HIDDEN, k->slope});
  pack(k->activated, HIDDEN, rows, HIDDEN, s->packed);
  weight_gradient(s->narrowed, WIDTH, rows, WIDTH, HIDDEN, s->packed,
                  (WeightGradient){of_layer(g, layer, FC2_W), of_layer(g, layer, part_w), HIDDEN, own, 1}, s);
  add_columns(s->hidden_g, HIDDEN, rows, HIDDEN, 1, of_layer(g, layer, FC1_B));
  scale_and_shift(k->normed2, of_layer(p, layer, NORM2_W), of_layer(p, layer, NORM2_B), rows, s->narrowed);
  pack(s->narrowed, WIDTH, rows, WIDTH, s->packed);
  weight_gradient(s->hidden_g, HIDDEN, rows, HIDDEN, WIDTH, s->packed,
                  (WeightGradient){of_layer(g, layer, FC1_W), 0, WIDTH, HIDDEN, 1}, s);
  product(s->hidden_g, HIDDEN, w->fc1_t, rows, WIDTH, HIDDEN, keep_floats, &(Place){s->wide, WIDTH, rows});
  norm_backward(k->normed2, k->deviation2, of_layer(p, layer, NORM2_W), s->wide, rows, s->x,
                of_layer(g, layer, NORM2_W), of_layer(g, layer, NORM2_B));

  to_half(s->x, 1, rows * WIDTH, s->narrowed);
  add_columns(s->narrowed, WIDTH, rows, WIDTH, 1, of_layer(g, layer, O_B));
  pack(k->attended, WIDTH, rows, WIDTH, s->packed);
  weight_gradient(s->narrowed, WIDTH, rows, WIDTH, WIDTH, s->packed,
                  (WeightGradient){of_layer(g, layer, O_W), 0, WIDTH, WIDTH, 1}, s);
  product(s->narrowed, WIDTH, w->o_t, rows, WIDTH, WIDTH, keep_half, &(Place){s->attended_g, WIDTH, rows});
  clear_rest(b, s->qkv_g, 3 * WIDTH);
  for (const Crop* c = b->crops; c < b->crops + b->count; ++c)
    attention_backward(k->qkv + c->first * 3 * WIDTH, s->attended_g + c->first * WIDTH, tokens_in(c),
                       s->qkv_g + c->first * 3 * WIDTH, s->attention);
  scale_and_shift(k->normed1, of_layer(p, layer, NORM1_W), of_layer(p, layer, NORM1_B), rows, s->narrowed);
  pack(s->narrowed, WIDTH, rows, WIDTH, s->packed);
  for (int part = 0; part < 3; ++part) {
    float scale = part ? 1 : 0.125f;
    add_columns(s->qkv_g + part * WIDTH, 3 * WIDTH, rows, WIDTH, scale, of_layer(g, layer, Q_B + 2 * part));
    weight_gradient(s->qkv_g + part * WIDTH, 3 * WIDTH, rows, WIDTH, WIDTH, s->packed,
                    (WeightGradient){of_layer(g, layer, Q_W + 2 * part), 0, WIDTH, WIDTH, scale}, s);
  }
  product(s->qkv_g, 3 * WIDTH, w->qkv_t, rows, WIDTH, 3 * WIDTH, keep_floats, &(Place){s->wide, WIDTH, rows});
  norm_backward(k->normed1, k->deviation1, of_layer(p, layer, NORM1_W), s->wide, rows, s->x,
                of_layer(g, layer, NORM1_W), of_layer(g, layer, NORM1_B));
}

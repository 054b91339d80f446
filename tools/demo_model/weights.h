// The demo model's parameters: their order, and what a step packs of them for the products.
#pragma once
#include "products.h"

enum { WIDTH = 192, HEADS = 3, HEAD = 64, HIDDEN = 768, LAYERS = 8, EXPERTS = 2, PART = 48, KEYPOINTS = 17 };
enum { PATCH = 16, PIXELS = 3 * PATCH * PATCH, TAPS = 9 * KEYPOINTS, TAPS_PADDED = 160 };

// Parameters, and likewise their gradients, come as an array of pointers in this order; then those of every layer.
enum { PATCH_W, PATCH_B, NORM_W, NORM_B, CONV_W, CONV_B, LAYER_0 };
enum { NORM1_W, NORM1_B, Q_W, Q_B, K_W, K_B, V_W, V_B, O_W, O_B, NORM2_W, NORM2_B, FC1_W, FC1_B, FC2_W, FC2_B };
enum { PART_W = FC2_B + 1, PART_B, A_LAYER = PART_W + 2 * EXPERTS };  // of expert e: PART_W + 2 * e

static inline float* of_layer(float* const* p, int layer, int which) {
  return p[LAYER_0 + layer * A_LAYER + which];
}

// Names end in _t where a product of the backward pass takes the weights [out, in] as they are, not transposed.
typedef struct {
  half qkv[3 * WIDTH * WIDTH], qkv_t[3 * WIDTH * WIDTH], o[WIDTH * WIDTH], o_t[WIDTH * WIDTH];
  half fc1[HIDDEN * WIDTH], fc1_t[HIDDEN * WIDTH], fc2[EXPERTS][HIDDEN * WIDTH], fc2_t[EXPERTS][HIDDEN * WIDTH];
  float qkv_bias[3 * WIDTH], fc2_bias[EXPERTS][WIDTH];
} PackedLayer;

typedef struct {
  PackedLayer layer[LAYERS];
  half patch[WIDTH * PIXELS], taps[TAPS_PADDED * WIDTH], taps_t[TAPS_PADDED * WIDTH];
} Packed;

static void to_half(const float* from, float scale, int64_t n, half* to) {
  float row[BLOCK];
  for (; n > 0; n -= BLOCK, from += BLOCK, to += BLOCK) {
    for (int i = 0; i < BLOCK; ++i) row[i] = from[i] * scale;
    narrow_row(row, to);
  }
}

static void pack_both(const half* w, int64_t out, int64_t in, half* forward, half* backward) {
  pack_transposed(w, in, in, out, forward);
  pack(w, in, out, in, backward);
}

// fc2's output channels are followed by the expert's.
static void pack_layer(float* const* p, int i, PackedLayer* to) {
  static __thread half w[HIDDEN * WIDTH];
  const float scale = 0.125f;  // 1 / sqrt(HEAD), on the queries
  for (int part = 0; part < 3; ++part) {
    to_half(of_layer(p, i, Q_W + 2 * part), part ? 1 : scale, WIDTH * WIDTH, w + part * WIDTH * WIDTH);
    for (int c = 0; c < WIDTH; ++c)
      to->qkv_bias[part * WIDTH + c] = of_layer(p, i, Q_B + 2 * part)[c] * (part ? 1 : scale);
  }
  pack_both(w, 3 * WIDTH, WIDTH, to->qkv, to->qkv_t);
  to_half(of_layer(p, i, O_W), 1, WIDTH * WIDTH, w);
  pack_both(w, WIDTH, WIDTH, to->o, to->o_t);
  to_half(of_layer(p, i, FC1_W), 1, HIDDEN * WIDTH, w);
  pack_both(w, HIDDEN, WIDTH, to->fc1, to->fc1_t);
  for (int e = 0; e < EXPERTS; ++e) {
    to_half(of_layer(p, i, FC2_W), 1, (WIDTH - PART) * HIDDEN, w);
    to_half(of_layer(p, i, PART_W + 2 * e), 1, PART * HIDDEN, w + (WIDTH - PART) * HIDDEN);
    pack_both(w, WIDTH, HIDDEN, to->fc2[e], to->fc2_t[e]);
    memcpy(to->fc2_bias[e], of_layer(p, i, FC2_B), (WIDTH - PART) * sizeof(float));
    memcpy(to->fc2_bias[e] + WIDTH - PART, of_layer(p, i, PART_B + 2 * e), PART * sizeof(float));
  }
}

// Pixels of a patch are taken row by row, colours together; the parameter has them colour by colour.
static inline int pixel_of(int row, int column, int colour) {
  return (colour * PATCH + row) * PATCH + column;
}

// Row (ki * 3 + kj) * KEYPOINTS + o of the taps is the convolution's [o, :, ki, kj].
static inline int64_t tap_of(int row, int channel) {
  return ((int64_t)(row % KEYPOINTS) * WIDTH + channel) * 9 + row / KEYPOINTS;
}

void pack_weights(float* const* p, Packed* to) {
  static __thread half w[WIDTH * PIXELS];
  for (int i = 0; i < LAYERS; ++i) pack_layer(p, i, &to->layer[i]);
  for (int o = 0; o < WIDTH; ++o)
    for (int y = 0, i = 0; y < PATCH; ++y)
      for (int x = 0; x < PATCH; ++x)
        for (int c = 0; c < 3; ++c) w[o * PIXELS + i++] = narrow(p[PATCH_W][o * PIXELS + pixel_of(y, x, c)]);
  pack_transposed(w, PIXELS, PIXELS, WIDTH, to->patch);
  memset(w, 0, sizeof w);
  for (int row = 0; row < TAPS; ++row)
    for (int c = 0; c < WIDTH; ++c) w[row * WIDTH + c] = narrow(p[CONV_W][tap_of(row, c)]);
  pack_both(w, TAPS_PADDED, WIDTH, to->taps, to->taps_t);
}

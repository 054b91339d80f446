// softmax(q k^T) v of one head after the other, and its gradient; scores are computed again on the way back.
#pragma once
#include "weights.h"

// At most 192 tokens of a crop; their number is padded to a multiple of 32 with zeros.
enum { MOST_TOKENS = 192 };
typedef half HeadMatrix[MOST_TOKENS * HEAD];
typedef struct {
  HeadMatrix q, k, v, g, packed, other;
  half p[MOST_TOKENS * MOST_TOKENS], turned[MOST_TOKENS * MOST_TOKENS];
  float scores[MOST_TOKENS * MOST_TOKENS];
} AttentionScratch;

static inline int64_t padded(int64_t tokens) {
  return (tokens + 31) / 32 * 32;
}

static void take_head(const half* from, int64_t stride, int64_t tokens, half* to) {
  for (int64_t t = 0; t < tokens; ++t) memcpy(to + t * HEAD, from + t * stride, HEAD * sizeof(half));
  memset(to + tokens * HEAD, 0, (padded(tokens) - tokens) * HEAD * sizeof(half));
}

typedef struct {
  void* to;
  int64_t stride, rows;
} Place;

static void keep_floats(const float (*sums)[BLOCK], int64_t row, int64_t column, void* place) {
  const Place* p = place;
  for (int r = 0; r < BLOCK && row + r < p->rows; ++r)
    memcpy((float*)p->to + (row + r) * p->stride + column, sums[r], sizeof sums[r]);
}

static void keep_half(const float (*sums)[BLOCK], int64_t row, int64_t column, void* place) {
  const Place* p = place;
  for (int r = 0; r < BLOCK && row + r < p->rows; ++r) {
    narrow_row(sums[r], (half*)p->to + (row + r) * p->stride + column);
  }
}

// exp for arguments of at most 0 or so; below -87 it gives about 1e-38.
static inline float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  float n = __builtin_floorf(x * 1.44269504f + 0.5f);
  float r = x - n * 0.69314718f;
  float p = 1.0f + r * (1.0f + r * (0.5f + r * (0.16666667f + r * (0.041666667f + r * 0.0083333333f))));
  int32_t bits = ((int32_t)n + 127) << 23;
  float scale;
  memcpy(&scale, &bits, 4);
  return p * scale;
}

static void softmax(float* scores, int64_t tokens, half* p) {
  int64_t n = padded(tokens);
  memset(p + tokens * n, 0, (n - tokens) * n * sizeof(half));
  for (int64_t r = 0; r < tokens; ++r, scores += n, p += n) {
    float top = -1e30f, sum = 0.0f;
    for (int64_t i = 0; i < tokens; ++i) top = scores[i] > top ? scores[i] : top;
    for (int64_t i = 0; i < tokens; ++i) {
      scores[i] = exponential(scores[i] - top);
      sum += scores[i];
    }
    for (int64_t i = tokens; i < n; ++i) scores[i] = 0.0f;
    to_half(scores, 1.0f / sum, n, p);
  }
}

// Gathers q, k and v of one head of one crop and computes the probabilities.
static void probabilities(const half* qkv, int64_t tokens, AttentionScratch* s) {
  int64_t n = padded(tokens);
  take_head(qkv, 3 * WIDTH, tokens, s->q);
  take_head(qkv + WIDTH, 3 * WIDTH, tokens, s->k);
  take_head(qkv + 2 * WIDTH, 3 * WIDTH, tokens, s->v);
  pack_transposed(s->k, HEAD, HEAD, n, s->packed);
  product(s->q, HEAD, s->packed, n, n, HEAD, keep_floats, &(Place){s->scores, n, n});
  softmax(s->scores, tokens, s->p);
}

// qkv [tokens, 3 * WIDTH] to out [tokens, WIDTH].
static void attention(const half* qkv, int64_t tokens, half* out, AttentionScratch* s) {
  int64_t n = padded(tokens);
  for (int head = 0; head < HEADS; ++head) {
    probabilities(qkv + head * HEAD, tokens, s);
    pack(s->v, HEAD, n, HEAD, s->packed);
    product(s->p, n, s->packed, n, HEAD, n, keep_half, &(Place){out + head * HEAD, WIDTH, tokens});
  }
}

// g [tokens, WIDTH], the gradient of the output, to that of qkv.
static void attention_backward(const half* qkv, const half* g, int64_t tokens, half* g_qkv, AttentionScratch* s) {
  int64_t n = padded(tokens);
  for (int head = 0; head < HEADS; ++head) {
    half* to = g_qkv + head * HEAD;
    probabilities(qkv + head * HEAD, tokens, s);
    take_head(g + head * HEAD, WIDTH, tokens, s->g);
    pack(s->g, HEAD, n, HEAD, s->packed);
    transpose(s->p, n, n, n, s->turned);
    product(s->turned, n, s->packed, n, HEAD, n, keep_half, &(Place){to + 2 * WIDTH, 3 * WIDTH, tokens});
    pack_transposed(s->v, HEAD, HEAD, n, s->packed);
    product(s->g, HEAD, s->packed, n, n, HEAD, keep_floats, &(Place){s->scores, n, n});
    for (int64_t r = 0; r < tokens; ++r) {
      half* p = s->p + r * n;
      const float* row = s->scores + r * n;
      float dot = 0.0f;
      float slope[MOST_TOKENS];
      to_float(p, n, slope);
      for (int64_t i = 0; i < n; ++i) dot += slope[i] * row[i];
      for (int64_t i = 0; i < n; ++i) slope[i] *= row[i] - dot;
      to_half(slope, 1.0f, n, p);
    }
    pack(s->k, HEAD, n, HEAD, s->packed);
    product(s->p, n, s->packed, n, HEAD, n, keep_half, &(Place){to, 3 * WIDTH, tokens});
    transpose(s->p, n, n, n, s->turned);
    pack(s->q, HEAD, n, HEAD, s->packed);
    product(s->turned, n, s->packed, n, HEAD, n, keep_half, &(Place){to + WIDTH, 3 * WIDTH, tokens});
  }
}

// The nearest orthogonal matrix, roughly: five steps of Newton and Schulz as the Muon optimiser takes them (Jordan and
// others, 2024), in numbers of 16 bits.
#pragma once
#include <math.h>

#include "weights.h"

enum { MOST_SHORT = WIDTH, MOST_LONG = HIDDEN };
typedef struct {
  half x[MOST_SHORT * MOST_LONG], packed[MOST_SHORT * MOST_LONG];
  half gram[MOST_SHORT * MOST_SHORT], polynomial[MOST_SHORT * MOST_SHORT];
} MuonScratch;

// to = keep * to_before + scale * sums
typedef struct {
  const half* before;
  half* to;
  int64_t stride;
  float keep, scale;
} Mix;

static void mix(const float (*sums)[BLOCK], int64_t row, int64_t column, void* how) {
  const Mix* m = how;
  for (int r = 0; r < BLOCK; ++r) {
    const half* before = m->before + (row + r) * m->stride + column;
    half* to = m->to + (row + r) * m->stride + column;
    float mixed[BLOCK];
    to_float(before, BLOCK, mixed);
    for (int c = 0; c < BLOCK; ++c) mixed[c] = m->keep * mixed[c] + m->scale * sums[r][c];
    narrow_row(mixed, to);
  }
}

// x [rows, columns] in place, rows <= columns after a turn; both are padded with zeros to multiples of 32.
void orthogonalise(float* x, int64_t rows, int64_t columns, MuonScratch* s) {
  const float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  int turned = rows > columns;
  int64_t m = turned ? columns : rows, n = turned ? rows : columns;
  int64_t down = turned ? 1 : columns, across = turned ? columns : 1;
  int64_t pm = (m + 31) / 32 * 32, pn = (n + 31) / 32 * 32;
  double squares = 0;
  for (int64_t i = 0; i < rows * columns; ++i) squares += (double)x[i] * x[i];
  float scale = 1 / fmaxf(sqrtf(squares), 1e-7f);
  memset(s->x, 0, pm * pn * sizeof(half));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) s->x[i * pn + j] = narrow(x[i * down + j * across] * scale);
  set_up_tiles();
  for (int step = 0; step < 5; ++step) {
    pack_transposed(s->x, pn, pn, pm, s->packed);
    product(s->x, pn, s->packed, pm, pm, pn, mix, &(Mix){s->gram, s->gram, pm, 0, 1});
    pack(s->gram, pm, pm, pm, s->packed);
    product(s->gram, pm, s->packed, pm, pm, pm, mix, &(Mix){s->gram, s->polynomial, pm, b, c});
    pack(s->x, pn, pm, pn, s->packed);
    product(s->polynomial, pm, s->packed, pm, pn, pm, mix, &(Mix){s->x, s->x, pn, a, 1});
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) x[i * down + j * across] = widen(s->x[i * pn + j]);
}
int64_t muon_bytes(void) {
  return sizeof(MuonScratch);
}

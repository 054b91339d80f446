// Which of its tokens each crop of a batch brings, and where they lie in the matrices of tokens.
#pragma once
#include <stdint.h>

// The whole crop's tokens, and their upsampling by 4, its rows shifted by -1, 0 and 1: rows [4 h, 3 h] and columns
// [3 w, 4 w].
typedef struct {
  int64_t height, width;
  const float *rows, *columns;
} Grid;

static inline int64_t tokens_of(const Grid* g) {
  return g->height * g->width;
}

// A rectangle of the grid's tokens, which lie row by row from the matrices' row `first` on.
typedef struct {
  int64_t y, x, height, width, first;
} Crop;

typedef struct {
  const Crop* crops;
  int64_t count, tokens, rows;  // of all crops; the matrices' rows, a multiple of 32
} Batch;

static inline int64_t tokens_in(const Crop* c) {
  return c->height * c->width;
}

// Where the crop's token lies in its grid.
static inline int64_t place_in(const Grid* g, const Crop* c, int64_t token) {
  return (c->y + token / c->width) * g->width + c->x + token % c->width;
}

// windows [count, 4]: y, x, height, width.
static Batch batch_of(const int64_t* windows, int64_t count, Crop* crops) {
  int64_t first = 0;
  for (int64_t i = 0; i < count; ++i, windows += 4) {
    crops[i] = (Crop){windows[0], windows[1], windows[2], windows[3], first};
    first += tokens_in(&crops[i]);
  }
  return (Batch){crops, count, first, (first + 31) / 32 * 32};
}

// One training step of the demo model on one thread: heatmaps of crops that share an expert, their loss and the
// gradients of all parameters. Compiled by step.py for the machine it runs on.
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "head.h"
#include "layers.h"
#include "muon.h"

// The processor's permission to use AMX, for the whole process; 0 where there is none to ask for.
int allow_tiles(void) {
#if defined(__AMX_BF16__)
  return (int)syscall(SYS_arch_prctl, 0x1023, 18);
#else
  return 0;
#endif
}

// Large buffers are walked with long strides: with pages of 4 KB that is a miss of the page table each.
void in_huge_pages(char* memory, int64_t bytes) {
  uintptr_t page = 1 << 21, first = ((uintptr_t)memory + page - 1) / page * page;
  if ((uintptr_t)memory + bytes > first) madvise((void*)first, (uintptr_t)memory + bytes - first, MADV_HUGEPAGE);
}

int64_t packed_bytes(void) {
  return sizeof(Packed);
}

typedef struct {
  Kept layer[LAYERS];
  half *patches, *normed, *activated, *taps_g;  // [rows, PIXELS], 2 x [rows, WIDTH], [rows, TAPS_PADDED]
  float *deviation, *taps;                      // [rows], [rows, TAPS_PADDED]
  Scratch scratch;
} Workspace;

static void* take(char** at, int64_t bytes) {
  void* here = *at;
  *at += (bytes + 4095) / 4096 * 4096;
  return here;
}

// Cuts a workspace for `rows` tokens out of memory; returns the bytes it takes, also without memory.
static int64_t lay_out(char* memory, int64_t rows, Workspace* w) {
  char* at = memory;
  int64_t row = rows * sizeof(half);
  for (int i = 0; i < LAYERS; ++i) {
    Kept* k = &w->layer[i];
    k->normed1 = take(&at, row * WIDTH);
    k->qkv = take(&at, row * 3 * WIDTH);
    k->attended = take(&at, row * WIDTH);
    k->normed2 = take(&at, row * WIDTH);
    k->activated = take(&at, row * HIDDEN);
    k->slope = take(&at, row * HIDDEN);
    k->deviation1 = take(&at, rows * sizeof(float));
    k->deviation2 = take(&at, rows * sizeof(float));
  }
  w->patches = take(&at, row * PIXELS);
  w->normed = take(&at, row * WIDTH);
  w->activated = take(&at, row * WIDTH);
  w->taps_g = take(&at, row * TAPS_PADDED);
  w->deviation = take(&at, rows * sizeof(float));
  w->taps = take(&at, rows * sizeof(float) * TAPS_PADDED);
  Scratch* s = &w->scratch;
  s->x = take(&at, rows * sizeof(float) * WIDTH);
  s->wide = take(&at, rows * sizeof(float) * WIDTH);
  s->narrowed = take(&at, row * WIDTH);
  s->attended_g = take(&at, row * WIDTH);
  s->hidden_g = take(&at, row * HIDDEN);
  s->qkv_g = take(&at, row * 3 * WIDTH);
  s->turned = take(&at, row * HIDDEN);
  s->packed = take(&at, row * HIDDEN);
  s->attention = take(&at, sizeof(AttentionScratch));
  return at - memory;
}

int64_t workspace_bytes(int64_t rows) {
  Workspace w;
  return lay_out(0, rows, &w);
}

// Pixels [height, width, 3] of a whole crop to the patches [tokens, PIXELS] that are taken of it; two rows and columns
// of padding before the first.
static void cut_patches(const uint8_t* pixels, const Grid* g, const Crop* c, half* patches) {
  static const float mean[3] = {0.485f, 0.456f, 0.406f}, deviation[3] = {0.229f, 0.224f, 0.225f};
  half table[3][256];
  for (int i = 0; i < 3; ++i)
    for (int v = 0; v < 256; ++v) table[i][v] = narrow((v / 255.0f - mean[i]) / deviation[i]);
  int64_t width = g->width * PATCH, top = c->y * PATCH, left = c->x * PATCH;
  memset(patches, 0, tokens_in(c) * PIXELS * sizeof(half));
  for (int64_t y = top ? 0 : 2; y < c->height * PATCH; ++y)
    for (int64_t x = left ? 0 : 2; x < c->width * PATCH; ++x) {
      const uint8_t* from = pixels + ((top + y - 2) * width + left + x - 2) * 3;
      half* to = patches + (y / PATCH * c->width + x / PATCH) * PIXELS + (y % PATCH * PATCH + x % PATCH) * 3;
      for (int i = 0; i < 3; ++i) to[i] = table[i][from[i]];
    }
}

static void forward(float* const* p, const Packed* packed, const Grid* g, const Batch* b, const uint8_t* pixels,
                    const float* positions, int expert, Workspace* w) {
  int64_t rows = b->rows;
  Scratch* s = &w->scratch;
  memset(s->x + b->tokens * WIDTH, 0, (rows - b->tokens) * WIDTH * sizeof(float));
  clear_rest(b, w->patches, PIXELS);
  for (const Crop* c = b->crops; c < b->crops + b->count; ++c, pixels += tokens_of(g) * PIXELS) {
    cut_patches(pixels, g, c, w->patches + c->first * PIXELS);
    for (int64_t t = 0; t < tokens_in(c); ++t)
      memcpy(s->x + (c->first + t) * WIDTH, positions + place_in(g, c, t) * WIDTH, WIDTH * sizeof(float));
  }
  product(w->patches, PIXELS, packed->patch, rows, WIDTH, PIXELS, add_to_stream, &(Linear){s->x, p[PATCH_B], WIDTH, 0});
  for (int i = 0; i < LAYERS; ++i) layer_forward(p, &packed->layer[i], i, expert, b, &w->layer[i], s);
  normalise(s->x, rows, w->normed, w->deviation);
  scale_and_shift(w->normed, p[NORM_W], p[NORM_B], rows, w->activated);
  for (int64_t i = 0; i < rows * WIDTH; ++i) w->activated[i] = w->activated[i] >> 15 ? 0 : w->activated[i];
  product(w->activated, WIDTH, packed->taps, rows, TAPS_PADDED, WIDTH, keep_floats,
          &(Place){w->taps, TAPS_PADDED, rows});
}

// From w->taps_g to the gradients of everything before it; `positions` is added to.
static void backward(float* const* p, float* const* g, const Packed* packed, const Grid* grid, const Batch* b,
                     int expert, float* positions, Workspace* w) {
  int64_t rows = b->rows;
  Scratch* s = &w->scratch;
  float taps[TAPS_PADDED * WIDTH];
  memset(taps, 0, sizeof taps);
  pack(w->activated, WIDTH, rows, WIDTH, s->packed);
  weight_gradient(w->taps_g, TAPS_PADDED, rows, TAPS_PADDED, WIDTH, s->packed,
                  (WeightGradient){taps, 0, WIDTH, TAPS_PADDED, 1}, s);
  for (int row = 0; row < TAPS; ++row)
    for (int c = 0; c < WIDTH; ++c) g[CONV_W][tap_of(row, c)] += taps[row * WIDTH + c];
  product(w->taps_g, TAPS_PADDED, packed->taps_t, rows, WIDTH, TAPS_PADDED, keep_floats,
          &(Place){s->wide, WIDTH, rows});
  for (int64_t i = 0; i < rows * WIDTH; ++i) s->wide[i] = w->activated[i] ? s->wide[i] : 0;
  memset(s->x, 0, rows * WIDTH * sizeof(float));
  norm_backward(w->normed, w->deviation, p[NORM_W], s->wide, rows, s->x, g[NORM_W], g[NORM_B]);
  for (int i = LAYERS; i-- > 0;) layer_backward(p, g, &packed->layer[i], i, expert, b, &w->layer[i], s);
  for (const Crop* c = b->crops; c < b->crops + b->count; ++c)
    for (int64_t t = 0; t < tokens_in(c); ++t)
      for (int i = 0; i < WIDTH; ++i) positions[place_in(grid, c, t) * WIDTH + i] += s->x[(c->first + t) * WIDTH + i];
  to_half(s->x, 1, rows * WIDTH, s->narrowed);
  add_columns(s->narrowed, WIDTH, rows, WIDTH, 1, g[PATCH_B]);
  float* patch = calloc(WIDTH * PIXELS, sizeof *patch);
  pack(w->patches, PIXELS, rows, PIXELS, s->packed);
  weight_gradient(s->narrowed, WIDTH, rows, WIDTH, PIXELS, s->packed, (WeightGradient){patch, 0, PIXELS, WIDTH, 1}, s);
  for (int o = 0; o < WIDTH; ++o)
    for (int i = 0; i < PIXELS; ++i)
      g[PATCH_W][o * PIXELS + pixel_of(i / 3 / PATCH, i / 3 % PATCH, i % 3)] += patch[o * PIXELS + i];
  free(patch);
}

// Heatmaps [crops, KEYPOINTS, 4 height, 4 width] of pixels [crops, 16 height, 16 width, 3], of which only the windows
// [crops, 4] of tokens are looked at. Memory has workspace_bytes for the windows' tokens.
void heatmaps(float* const* p, const Packed* packed, const Grid* g, int64_t crops, const int64_t* windows,
              const uint8_t* pixels, const float* positions, int expert, float* maps, char* memory) {
  Workspace w;
  Crop placed[crops];
  Batch batch = batch_of(windows, crops, placed);
  set_up_tiles();
  lay_out(memory, batch.rows, &w);
  forward(p, packed, g, &batch, pixels, positions, expert, &w);
  for (int64_t i = 0; i < crops * KEYPOINTS; ++i)
    map_of(g, &placed[i / KEYPOINTS], w.taps, i % KEYPOINTS, p[CONV_B][i % KEYPOINTS], maps + i * 16 * tokens_of(g));
}

// Loss of crops with points [crops, KEYPOINTS, 2] in pixels of 256 x 192, weights of the maps [crops, KEYPOINTS],
// negative for an empty map, and sigmas [KEYPOINTS] (map_loss). Adds its gradients to g, those of the positions to
// positions_g.
double gradients(float* const* p, const Packed* packed, const Grid* g, int64_t crops, const int64_t* windows,
                 const uint8_t* pixels, const float* positions, int expert, const float* points, const float* weights,
                 const float* sigmas, float* const* grads, float* positions_g, char* memory) {
  Workspace w;
  Crop placed[crops];
  Batch batch = batch_of(windows, crops, placed);
  float map[MOST_ROWS * MOST_COLUMNS], map_g[MOST_ROWS * MOST_COLUMNS];
  double loss = 0;
  set_up_tiles();
  lay_out(memory, batch.rows, &w);
  forward(p, packed, g, &batch, pixels, positions, expert, &w);
  memset(w.taps_g, 0, batch.rows * TAPS_PADDED * sizeof(half));
  for (int64_t i = 0; i < crops * KEYPOINTS; ++i) {
    const Crop* c = &placed[i / KEYPOINTS];
    int keypoint = i % KEYPOINTS;
    map_of(g, c, w.taps, keypoint, p[CONV_B][keypoint], map);
    loss += map_loss(map, 4 * g->height, 4 * g->width, points + 2 * i, sigmas[keypoint], weights[i] > 0,
                     fabsf(weights[i]), map_g);
    for (int64_t j = 0; j < 16 * tokens_of(g); ++j) grads[CONV_B][keypoint] += map_g[j];
    map_backward(g, c, map_g, keypoint, w.taps_g);
  }
  backward(p, grads, packed, g, &batch, expert, positions_g, &w);
  return loss;
}

// The eight tile registers of AMX as this engine uses them: 16 rows of 64 bytes each. GCC's intrinsics do not tell the
// compiler that they touch memory, so whoever writes memory that a tile reads, or reads what a tile wrote, calls
// memory_barrier() in between.
#pragma once

#include "core/simd/f32x16_avx512.h"

namespace vitpose::engine::simd {

// Configured as long as it lives. Tiles in use make every context switch save 8 KB, so they are given back.
class AmxTiles {
 public:
  [[gnu::always_inline]] inline AmxTiles() {
    alignas(64) unsigned char configuration[64] = {};
    configuration[0] = 1;  // palette 1: eight tiles of at most 16 rows of 64 bytes
    for (int tile = 0; tile < 8; ++tile) {
      configuration[16 + 2 * tile] = 64;  // bytes per row, 16 bits each
      configuration[48 + tile] = 16;      // rows
    }
    memory_barrier();
    _tile_loadconfig(configuration);
    memory_barrier();
  }
  [[gnu::always_inline]] inline ~AmxTiles() { _tile_release(); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  [[gnu::always_inline]] static inline void memory_barrier() { asm volatile("" : : : "memory"); }
};

}  // namespace vitpose::engine::simd

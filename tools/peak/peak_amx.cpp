#include "core/simd/amx_tiles.h"
#include "tools/peak/peak_probes.h"

namespace vitpose::tools {

namespace {

// Four sums, as the kernels have them; a product takes 16 cycles.
template <class Product>
[[gnu::always_inline]] inline double run_tiles(long rounds, double operations, Product product) {
  const engine::simd::AmxTiles tiles;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (long round = 0; round < rounds; ++round) product();
  return static_cast<double>(rounds) * 4 * operations;
}

}  // namespace

double run_bf16_amx(long rounds) {
  return run_tiles(
      rounds, 2 * 16 * 16 * 32, []() __attribute__((always_inline)) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      });
}

double run_int8_amx(long rounds) {
  return run_tiles(
      rounds, 2 * 16 * 16 * 64, []() __attribute__((always_inline)) {
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 4, 7);
        _tile_dpbusd(2, 5, 6);
        _tile_dpbusd(3, 5, 7);
      });
}

}  // namespace vitpose::tools

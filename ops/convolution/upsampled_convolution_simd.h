// The body of upsampled_convolution.h on a vector type V.
//
// The columns step runs with sixteen low-resolution rows in the lanes, the rows step with sixteen output
// columns; between them the sums are transposed.
#pragma once

#include "ops/convolution/upsampled_convolution.h"

namespace vitpose::engine {

// maps[tap][column][row] of keypoint k; rows beyond the height are zero.
template <class V>
void collect_tap_maps(const UpsampledConvolutionArguments& s, Index k, Index padded_height, float* maps) {
  for (Index tap = 0; tap < 9; ++tap) {
    for (Index column = 0; column < s.width; ++column) {
      const float* const source = s.tap_maps + (column * 9 + tap) * s.keypoints + k;
      float* const target = maps + (tap * s.width + column) * padded_height;
      for (Index row = 0; row < padded_height; ++row) {
        target[row] = row < s.height ? source[row * s.width * 9 * s.keypoints] : 0.0f;
      }
    }
  }
}

// columns[dy][x][row] = h[dy][row][x] of upsampled_convolution.h.
template <class V>
void upsample_columns(const UpsampledConvolutionArguments& s, const float* maps, Index padded_height, float* columns) {
  const Index out_width = s.width * s.scale;
  for (Index x = 0; x < out_width; ++x) {
    BilinearSource sources[3];
    for (Index dx = 0; dx < 3; ++dx) sources[dx] = bilinear_source(x + dx - 1, s.width, s.scale);
    for (Index dy = 0; dy < 3; ++dy) {
      for (Index row = 0; row < padded_height; row += 16) {
        V sum = V::broadcast(0.0f);
        for (Index dx = 0; dx < 3; ++dx) {
          if (x + dx - 1 < 0 || x + dx - 1 >= out_width) continue;
          const float* const map = maps + (dy * 3 + dx) * s.width * padded_height + row;
          const V left = V::load(map + sources[dx].i0 * padded_height);
          const V right = V::load(map + sources[dx].i1 * padded_height);
          const float fraction = sources[dx].fraction;
          sum = sum + fma(V::broadcast(fraction), right, V::broadcast(1.0f - fraction) * left);
        }
        sum.store(columns + (dy * out_width + x) * padded_height + row);
      }
    }
  }
}

// rows[dy][row][x] = columns[dy][x][row]; row lines are row_stride apart.
template <class V>
void transpose_columns(const float* columns, Index out_width, Index padded_height, float* rows, Index row_stride) {
  for (Index dy = 0; dy < 3; ++dy) {
    const float* const in = columns + dy * out_width * padded_height;
    float* const out = rows + dy * padded_height * row_stride;
    Index x = 0;
    for (; x + 4 <= out_width; x += 4) {
      for (Index row = 0; row < padded_height; row += 4) {
        V::transpose_4x4(in + x * padded_height + row, padded_height, out + row * row_stride + x, row_stride);
      }
    }
    for (; x < out_width; ++x) {
      for (Index row = 0; row < padded_height; ++row) out[row * row_stride + x] = in[x * padded_height + row];
    }
  }
}

template <class V>
void upsample_rows(const UpsampledConvolutionArguments& s, Index k, const float* rows, Index padded_height,
                   Index row_stride) {
  const Index out_width = s.width * s.scale;
  const Index out_height = s.height * s.scale;
  float* const out = s.out + k * out_height * out_width;
  for (Index y = 0; y < out_height; ++y) {
    BilinearSource sources[3];
    for (Index dy = 0; dy < 3; ++dy) sources[dy] = bilinear_source(y + dy - 1, s.height, s.scale);
    for (Index x = 0; x < out_width; x += 16) {
      V sum = V::broadcast(s.bias[k]);
      for (Index dy = 0; dy < 3; ++dy) {
        if (y + dy - 1 < 0 || y + dy - 1 >= out_height) continue;
        const float* const lines = rows + dy * padded_height * row_stride + x;
        const float fraction = sources[dy].fraction;
        sum = fma(V::broadcast(1.0f - fraction), V::load(lines + sources[dy].i0 * row_stride), sum);
        sum = fma(V::broadcast(fraction), V::load(lines + sources[dy].i1 * row_stride), sum);
      }
      float* const target = out + y * out_width + x;
      if (out_width - x >= 16) {
        sum.store(target);
      } else {
        sum.store_partial(target, out_width - x);
      }
    }
  }
}

template <class V>
void upsampled_convolution_simd(const UpsampledConvolutionArguments& s, Index k, float* scratch) {
  const Index padded_height = (s.height + 15) / 16 * 16;
  const Index out_width = s.width * s.scale;
  const Index row_stride = (out_width + 15) / 16 * 16;
  float* const maps = scratch;
  float* const columns = maps + 9 * s.width * padded_height;
  float* const rows = columns + 3 * out_width * padded_height;
  collect_tap_maps<V>(s, k, padded_height, maps);
  upsample_columns<V>(s, maps, padded_height, columns);
  transpose_columns<V>(columns, out_width, padded_height, rows, row_stride);
  upsample_rows<V>(s, k, rows, padded_height, row_stride);
}

}  // namespace vitpose::engine

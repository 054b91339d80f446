// Heatmaps over pictures.
#pragma once

#include "core/tensor.h"
#include "draw/canvas.h"

namespace vitpose::engine {

// Where a heatmap lies in the picture: the centre of its value (row y, column x) is at (left + x * step_x,
// top + y * step_y). Steps may be negative.
struct HeatmapPlacement {
  double left = 0;  // px
  double top = 0;
  double step_x = 1;
  double step_y = 1;
};

struct HeatmapStyle {
  int keypoint = -1;      // -1: the largest over all
  double full_scale = 1;  // shown as the brightest colour; 0: the largest value there is
  double opacity = 0.8;   // of the brightest colour
};

// One subject's heatmaps [K, h, w], interpolated. NaN and infinity count as 0. A placement that is not finite or
// more than a million pixels away draws nothing.
void draw_heatmap(const Canvas& canvas, TensorView<const float> heatmaps, const HeatmapPlacement& placement,
                  const HeatmapStyle& style);

}  // namespace vitpose::engine

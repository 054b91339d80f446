// Poses into pictures.
#pragma once

#include <span>

#include "draw/canvas.h"
#include "draw/figure.h"

namespace vitpose::engine {

enum class Labels { kNone, kNames, kIndices };

struct DrawOptions {
  FigureOptions figure{};
  bool keypoints = true;
  bool skeleton = true;
  bool boxes = false;  // of the figures that have one
  Labels labels = Labels::kNone;
  bool score_opacity = true;  // the lower a score, the more the picture shines through
};

// Large subjects first, so that small ones in front of them stay visible.
void draw_poses(const Canvas& canvas, std::span<const Figure> figures, const DrawOptions& options);

}  // namespace vitpose::engine

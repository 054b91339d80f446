// The rasteriser: strokes to pixels.
#pragma once

#include <span>

#include "draw/canvas.h"
#include "draw/coverage.h"
#include "draw/stroke.h"

namespace vitpose::engine {

// Draws the strokes as one layer: a later stroke replaces earlier ones where it covers them, colour and opacity, and
// then the layer is laid over the canvas once. So nothing shines through a translucent bone but the picture, and two
// bones that share a joint do not darken it twice.
// Coordinates and radii must be finite and at most kFarthest in magnitude.
void paint(const Canvas& canvas, std::span<const Stroke> strokes);

}  // namespace vitpose::engine

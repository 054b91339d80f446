// From a person's box to the crop that the network sees, and back (docs/numerics.md, sections 2.1 to 2.3 and 4.6).
#pragma once

#include "core/shape.h"
#include "model/image_view.h"
#include "model/numerics.h"

namespace vitpose::engine {

// Centre in pixels, scale in units of 200 pixels, with 25 % padding and the crop's aspect ratio. In f32, as
// transformers keeps them: decoding starts from the same rounded numbers.
struct CropGeometry {
  float center_x;
  float center_y;
  float scale_x;
  float scale_y;
};

// Any box has a geometry, even a NaN one; whether it can be cropped is crop_sampling's question.
CropGeometry crop_geometry(const Box& box, Index crop_height, Index crop_width);

// Where in the image the crop's pixels lie along one axis: position(i) = offset + i * step, each operation rounded
// to double.
struct AxisSampling {
  double offset;
  double step;

  double position(Index i) const { return offset + static_cast<double>(i) * step; }
};

struct CropSampling {
  AxisSampling x;
  AxisSampling y;
};

// Error kInvalidArgument naming the box when its warp matrix is not finite or has no inverse: width and height both
// zero, NaN or infinite entries, sizes near the ends of f32's range. Boxes with one zero or with negative extents
// pass, as they do in transformers.
CropSampling crop_sampling(const Box& box, Index crop_height, Index crop_width, WarpMatrix warp_matrix);

}  // namespace vitpose::engine

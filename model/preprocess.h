// Image and box to the network's input: an affine crop by bilinear sampling, then rescaling and normalisation,
// bit for bit as transformers' VitPose image processors compute them (docs/numerics.md, section 2).
#pragma once

#include <array>

#include "core/shape.h"
#include "model/config.h"
#include "model/image_view.h"
#include "model/numerics.h"

namespace vitpose::engine {

class Preprocessor {
 public:
  // Error kUnsupported when the configuration switches the affine crop off.
  Preprocessor(const PreprocessConfig& config, const NumericsOptions& numerics);

  Index crop_height() const { return height_; }
  Index crop_width() const { return width_; }

  // Writes one crop, [3, height, width] in RGB order; what lies outside the image is black. May be called by several
  // threads at once; takes no memory. Error kInvalidArgument for an empty image or a box without a finite crop.
  void crop(const ImageView& image, const Box& box, float* pixel_values) const;

 private:
  Index height_;
  Index width_;
  WarpMatrix warp_matrix_;
  // The crop has 8 bits a channel, so everything after sampling is a table.
  std::array<std::array<float, 256>, 3> normalized_;
};

}  // namespace vitpose::engine

// Writes a model as one file in the packed layout that the kernels read.
#pragma once

#include <optional>
#include <string>

#include "core/dtype.h"
#include "core/shape.h"
#include "model/int4_calibration.h"

namespace vitpose::engine {

struct ConvertOptions {
  // Of the matrices: kF32, kBF16, or kI8 or kI4 for those of the layers (kI8: also for transposed convolutions) and
  // bf16 for the others. Norms, biases and positions stay f32.
  DType storage = DType::kF32;
  std::optional<Index> expert{};  // keep this expert alone: its rows join fc2's, which makes a plain model
  // For kI4 from a Hugging Face directory. With `expert` those of other experts are left out.
  std::optional<CalibrationCrops> calibration{};
};

// `source`: a Hugging Face directory or a converted file. Written completely or not at all.
void convert_model(const std::string& source, const std::string& destination, const ConvertOptions& options);

}  // namespace vitpose::engine

// What a model's matrix products are computed in.
#pragma once

#include <optional>

#include "core/dtype.h"
#include "model/model_files.h"

namespace vitpose::engine {

// kF32, kBF16 or kI8: what was asked for, else kI8 for a converted file of int8 and kF32 for all others. Error
// kUnsupported where the file's layout does not allow it.
DType chosen_arithmetic(const ModelFiles& files, std::optional<DType> asked);

}  // namespace vitpose::engine

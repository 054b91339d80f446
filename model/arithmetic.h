// What a model's matrix products are computed in.
#pragma once

#include <optional>

#include "core/dtype.h"
#include "model/model_files.h"

namespace vitpose::engine {

// kF32, kBF16, kI8 or kI4: what was asked for, else what a converted file of int8 or int4 stores and kF32 for all
// others. Error kUnsupported where the file's layout does not allow it.
DType chosen_arithmetic(const ModelFiles& files, std::optional<DType> asked);

}  // namespace vitpose::engine

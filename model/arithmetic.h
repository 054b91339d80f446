// What a model's matrix products are computed in.
#pragma once

#include <optional>

#include "core/dtype.h"
#include "model/model_files.h"

namespace vitpose::engine {

// kF32, kBF16 or kI8: what was asked for, else kI8 for a converted file of int8 and kF32 for all others. Error
// kUnsupported where the file's layout or the model's sizes do not allow it.
DType chosen_arithmetic(const ModelFiles& files, std::optional<DType> asked);

// What lies between two products, which is what the backend is made for: around products of bytes everything is bf16.
constexpr DType activation_type(DType products) {
  return products == DType::kF32 ? DType::kF32 : DType::kBF16;
}

}  // namespace vitpose::engine

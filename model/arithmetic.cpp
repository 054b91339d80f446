#include "model/arithmetic.h"

#include "core/error.h"

namespace vitpose::engine {

DType chosen_arithmetic(const ModelFiles& files, std::optional<DType> asked) {
  DType stored = DType::kF32;
  for (const DType quantised : {DType::kI8, DType::kI4}) {
    if (files.converted && files.storage == storage_name(quantised)) stored = quantised;
  }
  const DType dtype = asked.value_or(stored);
  // A converted file keeps the layout that it was written in; products of f32 read bf16 too.
  if (files.converted && (stored != DType::kF32 || dtype != DType::kF32) && files.storage != storage_name(dtype)) {
    fail(ErrorCode::kUnsupported, files.tensors.where(), ": expected weights stored as ", storage_name(dtype),
         " for dtype ", storage_name(dtype), ", found ", files.storage,
         "; convert the original checkpoint with --dtype ", storage_name(dtype));
  }
  return dtype;
}

}  // namespace vitpose::engine

#include "model/arithmetic.h"

#include "core/error.h"

namespace vitpose::engine {

DType chosen_arithmetic(const ModelFiles& files, std::optional<DType> asked) {
  const bool bytes = files.converted && files.storage == storage_name(DType::kI8);
  const DType dtype = asked.value_or(bytes ? DType::kI8 : DType::kF32);
  // A converted file keeps the layout that it was written in; products of f32 read bf16 too.
  if (files.converted && (bytes || dtype != DType::kF32) && files.storage != storage_name(dtype)) {
    fail(ErrorCode::kUnsupported, files.tensors.where(), ": expected weights stored as ", storage_name(dtype),
         " for dtype ", storage_name(dtype), ", found ", files.storage,
         "; convert the original checkpoint with --dtype ", storage_name(dtype));
  }
  const ModelConfig& config = files.config;  // products of bf16 take k in pairs
  const Index head_size = config.hidden_size / config.heads;
  if (dtype != DType::kF32 && (head_size % 2 != 0 || config.feed_forward_size % 2 != 0)) {
    fail(ErrorCode::kUnsupported, "dtype ", storage_name(dtype),
         ": expected an even head size and feed-forward size, found ", head_size, " and ", config.feed_forward_size);
  }
  return dtype;
}

}  // namespace vitpose::engine

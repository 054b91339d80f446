#include "tools/vitpose/npy_tensor.h"

#include "io/npy.h"

namespace vitpose::tools {

Tensor read_f32_npy(const std::string& path) {
  const engine::Tensor stored = engine::read_npy(path);
  if (stored.dtype() != engine::DType::kF32) {
    throw Error(ErrorCode::kFormat, path + ": expected f32 values, found " + engine::name_of(stored.dtype()));
  }
  Tensor tensor;
  for (int axis = 0; axis < stored.shape().rank(); ++axis) tensor.shape.push_back(stored.shape()[axis]);
  const float* values = stored.data<float>();
  tensor.values.assign(values, values + stored.count());
  return tensor;
}

void write_f32_npy(const std::string& path, const Tensor& tensor) {
  engine::Shape shape;
  for (const std::int64_t extent : tensor.shape) shape.push_back(extent);
  engine::write_npy(path, engine::DType::kF32, shape, tensor.values.data());
}

}  // namespace vitpose::tools

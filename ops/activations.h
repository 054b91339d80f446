// Matrices between two products: f32, or bf16 if that is what the backend's products read (Backend::activations).
#pragma once

#include "core/tensor.h"
#include "core/workspace.h"

namespace vitpose::engine {

// A view. `Bytes` is void or const void; row_stride is in elements, columns are contiguous.
template <class Bytes>
struct ActivationView {
  template <class T>
  using Like = std::conditional_t<std::is_const_v<Bytes>, const T, T>;

  Bytes* data = nullptr;
  DType dtype = DType::kF32;
  Index rows = 0;
  Index columns = 0;
  Index row_stride = 0;

  ActivationView() = default;
  ActivationView(Bytes* pointer, DType type, Index row_count, Index column_count, Index stride)
      : data(pointer), dtype(type), rows(row_count), columns(column_count), row_stride(stride) {}
  // Floats, as a matrix or as its members.
  template <class T, class = std::enable_if_t<std::is_same_v<std::remove_const_t<T>, float>>>
  ActivationView(const MatrixView<T>& m) : ActivationView(m.data, DType::kF32, m.rows, m.columns, m.row_stride) {}
  template <class T, class = std::enable_if_t<std::is_same_v<std::remove_const_t<T>, float>>>
  ActivationView(T* pointer, Index row_count, Index column_count)
      : ActivationView(pointer, DType::kF32, row_count, column_count, column_count) {}
  template <class T, class = std::enable_if_t<std::is_same_v<std::remove_const_t<T>, float>>>
  ActivationView(T* pointer, Index row_count, Index column_count, Index stride)
      : ActivationView(pointer, DType::kF32, row_count, column_count, stride) {}
  // What may be written may be read.
  template <class Other, class = std::enable_if_t<std::is_same_v<const Other, Bytes>>>
  ActivationView(const ActivationView<Other>& other)
      : ActivationView(other.data, other.dtype, other.rows, other.columns, other.row_stride) {}

  MatrixView<Like<float>> f32() const { return view<float>(); }
  MatrixView<Like<BFloat16>> bf16() const { return view<BFloat16>(); }

  Bytes* row(Index i) const {
    using Byte = Like<std::byte>;
    return static_cast<Byte*>(data) + i * row_stride * static_cast<Index>(size_of(dtype));
  }
  ActivationView row_block(Index first, Index count) const {
    assert(first >= 0 && count >= 0 && first + count <= rows);
    return {row(first), dtype, count, columns, row_stride};
  }

 private:
  template <class T>
  MatrixView<Like<T>> view() const {
    assert(dtype == DTypeOf<T>::value);
    return {static_cast<Like<T>*>(data), rows, columns, row_stride};
  }
};

using Activations = ActivationView<void>;
using ConstActivations = ActivationView<const void>;

// Elements from row to row: an odd number of cache lines, so that the rows of a tile, which a product reads at once, do
// not meet in a few sets of the first-level cache.
constexpr Index activation_stride(DType dtype, Index columns) {
  const auto line = static_cast<Index>(kAlignment / size_of(dtype));
  return ((columns + line - 1) / line | 1) * line;
}

// Uninitialised; rows start on 64 bytes.
inline Activations take_activations(Workspace& workspace, DType dtype, Index rows, Index columns) {
  const Index stride = activation_stride(dtype, columns);
  return {workspace.take<std::byte>(rows * stride * static_cast<Index>(size_of(dtype))), dtype, rows, columns, stride};
}

}  // namespace vitpose::engine

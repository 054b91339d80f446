// Tensor owns memory; TensorView and MatrixView look at it. All are row-major; a TensorView is contiguous.
#pragma once

#include <cassert>
#include <cstddef>
#include <type_traits>

#include "core/aligned_buffer.h"
#include "core/dtype.h"
#include "core/shape.h"

namespace vitpose::engine {

template <class T>
struct TensorView {
  T* data = nullptr;
  Shape shape;

  TensorView() = default;
  TensorView(T* pointer, Shape extents) : data(pointer), shape(extents) {}
  // A view of mutable elements is also a view of const ones.
  template <class U, class = std::enable_if_t<std::is_same_v<const U, T>>>
  TensorView(const TensorView<U>& other) : data(other.data), shape(other.shape) {}

  Index count() const { return shape.count(); }
  // The i-th slice along the outermost axis.
  TensorView operator[](Index i) const {
    assert(shape.rank() > 0 && i >= 0 && i < shape[0]);
    Shape inner;
    for (int axis = 1; axis < shape.rank(); ++axis) inner.push_back(shape[axis]);
    return {data + i * inner.count(), inner};
  }
};

// A matrix whose rows may lie further apart than they are long.
template <class T>
struct MatrixView {
  T* data = nullptr;
  Index rows = 0;
  Index columns = 0;
  Index row_stride = 0;  // elements between the starts of neighbouring rows

  MatrixView() = default;
  MatrixView(T* pointer, Index row_count, Index column_count, Index stride)
      : data(pointer), rows(row_count), columns(column_count), row_stride(stride) {}
  MatrixView(T* pointer, Index row_count, Index column_count)
      : MatrixView(pointer, row_count, column_count, column_count) {}
  template <class U, class = std::enable_if_t<std::is_same_v<const U, T>>>
  MatrixView(const MatrixView<U>& other) : MatrixView(other.data, other.rows, other.columns, other.row_stride) {}

  T* row(Index i) const { return data + i * row_stride; }
  MatrixView row_block(Index first, Index count) const {
    assert(first >= 0 && count >= 0 && first + count <= rows);
    return {row(first), count, columns, row_stride};
  }
};

// Owner, move-only, aligned to 64 bytes, uninitialised until written.
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, Shape shape)
      : buffer_(static_cast<std::size_t>(shape.count()) * size_of(dtype)), shape_(shape), dtype_(dtype) {}

  DType dtype() const noexcept { return dtype_; }
  const Shape& shape() const noexcept { return shape_; }
  Index count() const noexcept { return shape_.count(); }
  std::size_t size_bytes() const noexcept { return buffer_.size_bytes(); }
  void* raw() noexcept { return buffer_.data(); }
  const void* raw() const noexcept { return buffer_.data(); }

  template <class T>
  T* data() {
    assert(DTypeOf<T>::value == dtype_);
    return static_cast<T*>(buffer_.data());
  }
  template <class T>
  const T* data() const {
    assert(DTypeOf<T>::value == dtype_);
    return static_cast<const T*>(buffer_.data());
  }
  template <class T>
  TensorView<T> view() {
    return {data<T>(), shape_};
  }
  template <class T>
  TensorView<const T> view() const {
    return {data<T>(), shape_};
  }

 private:
  AlignedBuffer buffer_;
  Shape shape_;
  DType dtype_ = DType::kF32;
};

}  // namespace vitpose::engine

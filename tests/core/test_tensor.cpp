#include <cstdint>
#include <doctest/doctest.h>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "core/tensor.h"

using namespace vitpose::engine;

TEST_CASE("a shape counts its elements, compares and prints") {
  const Shape shape{2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape.count() == 24);
  CHECK(shape.to_string() == "[2,3,4]");
  CHECK(shape == Shape{2, 3, 4});
  CHECK(shape != Shape{2, 3});
  CHECK(shape != Shape{2, 3, 5});
  CHECK(Shape{}.count() == 1);
  CHECK(Shape{3, 0}.count() == 0);
}

TEST_CASE("tensors are aligned to 64 bytes, movable and not copyable") {
  static_assert(!std::is_copy_constructible_v<Tensor>);
  Tensor tensor(DType::kF32, {3, 5});
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 64 == 0);
  CHECK(tensor.size_bytes() == 60);
  tensor.data<float>()[14] = 7;
  const void* memory = tensor.raw();
  const Tensor moved = std::move(tensor);
  CHECK(moved.raw() == memory);
  CHECK(moved.data<float>()[14] == 7);
  CHECK(moved.shape() == Shape{3, 5});
}

TEST_CASE("a view's slices and a matrix's row blocks point into the same memory") {
  Tensor tensor(DType::kF32, {2, 3, 4});
  const TensorView<float> view = tensor.view<float>();
  CHECK(view[1].shape == Shape{3, 4});
  CHECK(view[1][2].data == tensor.data<float>() + 20);
  const MatrixView<float> matrix(tensor.data<float>(), 6, 3, 4);
  CHECK(matrix.row_block(2, 3).rows == 3);
  CHECK(matrix.row_block(2, 3).row(1) == tensor.data<float>() + 12);
}

TEST_CASE("memory that cannot be had is an out-of-memory error") {
  const auto absurd = static_cast<std::size_t>(1) << 62;
  try {
    const AlignedBuffer buffer(absurd);
    FAIL("expected an error");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kOutOfMemory);
  }
}

// Scratch memory of one call: a bump allocator that keeps what it once needed.
//
// The first forward of a size may chain several blocks; reset() then replaces them by one block that is
// large enough, so that from the second forward on nothing is allocated. Not thread-safe: one call, one
// workspace. Pointers stay valid until the Scope they were taken in ends.
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/shape.h"
#include "core/tensor.h"

namespace vitpose::engine {

class Workspace {
 public:
  // `count` uninitialised elements on a 64-byte boundary.
  template <class T>
  T* take(Index count) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<T*>(take_bytes(static_cast<std::size_t>(count) * sizeof(T)));
  }
  template <class T>
  MatrixView<T> take_matrix(Index rows, Index columns) {
    return {take<T>(rows * columns), rows, columns};
  }

  // Everything taken after the scope began is given back when it ends.
  class Scope {
   public:
    explicit Scope(Workspace& workspace) : workspace_(workspace), block_(workspace.block_), used_(workspace.used_) {}
    ~Scope() {
      workspace_.block_ = block_;
      workspace_.used_ = used_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Workspace& workspace_;
    std::size_t block_;
    std::size_t used_;
  };

  // Forgets everything taken and merges the blocks into one, of at least `bytes`; without memory for that one it starts
  // from nothing.
  void reset(std::size_t bytes = 0) noexcept;
  std::size_t capacity_bytes() const;

 private:
  void* take_bytes(std::size_t bytes);

  std::vector<AlignedBuffer> blocks_;
  std::size_t block_ = 0;  // index of the block in use
  std::size_t used_ = 0;   // bytes used of that block
};

}  // namespace vitpose::engine

// Counts every operator new of the program that allocation_counter.cpp is linked into, and refuses on request.
#pragma once

#include <cstddef>

namespace vitpose::engine::testing {

// Since the program's start, on all threads.
long allocations() noexcept;

// While it lives, whoever asks for more than `bytes` at once gets none, on all threads.
class RefusedAbove {
 public:
  explicit RefusedAbove(std::size_t bytes) noexcept;
  ~RefusedAbove();
  RefusedAbove(const RefusedAbove&) = delete;
  RefusedAbove& operator=(const RefusedAbove&) = delete;
};

}  // namespace vitpose::engine::testing

// Counts every operator new of the program that allocation_counter.cpp is linked into.
#pragma once

namespace vitpose::engine::testing {

// Since the program's start, on all threads.
long allocations() noexcept;

}  // namespace vitpose::engine::testing

// Tasks for passes that read and write memory once: blocks of rows, some microseconds each.
#pragma once

#include <algorithm>

#include "core/shape.h"

namespace vitpose::engine {

class RowBlocks {
 public:
  RowBlocks(Index rows, Index floats_per_row)
      : rows_(rows), block_(std::max<Index>(kTaskFloats / std::max<Index>(floats_per_row, 1), 1)) {}

  Index count() const { return (rows_ + block_ - 1) / block_; }
  Index first(Index task) const { return task * block_; }
  Index rows(Index task) const { return std::min(block_, rows_ - first(task)); }

 private:
  static constexpr Index kTaskFloats = Index{24} * 1024;

  Index rows_;
  Index block_;
};

}  // namespace vitpose::engine

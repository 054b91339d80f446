// One piece of the workspace for each worker of a loop, on cache lines of its own.
#pragma once

#include "core/divide.h"
#include "core/thread_pool.h"
#include "core/workspace.h"

namespace vitpose::engine {

class WorkerScratch {
 public:
  WorkerScratch(Workspace& workspace, const ThreadPool& pool, Index floats)
      : stride_(ceil_divide(floats, kLineFloats) * kLineFloats),
        data_(workspace.take<float>(pool.available() * stride_)) {}

  float* of(int worker) const { return data_ + worker * stride_; }

 private:
  static constexpr Index kLineFloats = kAlignment / sizeof(float);

  Index stride_;
  float* data_;
};

}  // namespace vitpose::engine

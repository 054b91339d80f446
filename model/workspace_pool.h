// Gives each call a workspace of its own and keeps it for the next one.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/workspace.h"

namespace vitpose::engine {

class WorkspacePool {
 public:
  class Lease {
   public:
    explicit Lease(WorkspacePool& pool) : pool_(pool), workspace_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(workspace_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Workspace& operator*() const { return *workspace_; }

   private:
    WorkspacePool& pool_;
    std::unique_ptr<Workspace> workspace_;
  };

 private:
  std::unique_ptr<Workspace> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++leased_;
    if (free_.empty()) {
      free_.reserve(leased_);  // so that giving back never allocates
      return std::make_unique<Workspace>();
    }
    std::unique_ptr<Workspace> workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }
  void give_back(std::unique_ptr<Workspace> workspace) {
    workspace->reset();
    const std::lock_guard<std::mutex> lock(mutex_);
    --leased_;
    free_.push_back(std::move(workspace));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
  std::size_t leased_ = 0;
};

}  // namespace vitpose::engine

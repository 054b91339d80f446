// Gives each call workspaces of its own and keeps them for the next one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/workspace.h"

namespace vitpose::engine {

class WorkspacePool {
 public:
  // Of one call: what it shares, and what each thread needs for the crops that it takes by itself.
  struct Workspaces {
    explicit Workspaces(std::size_t threads) : of_thread(threads) {}
    // Any thread may take any crop: what one has needed, each may need next time.
    void reset() noexcept {
      shared.reset();
      std::size_t most = 0;
      for (const Workspace& workspace : of_thread) most = std::max(most, workspace.capacity_bytes());
      for (Workspace& workspace : of_thread) workspace.reset(most);
    }

    Workspace shared;
    std::vector<Workspace> of_thread;
  };

  explicit WorkspacePool(int threads) : threads_(static_cast<std::size_t>(threads)) {}

  class Lease {
   public:
    explicit Lease(WorkspacePool& pool) : pool_(pool), workspaces_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(workspaces_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Workspaces& operator*() const { return *workspaces_; }

   private:
    WorkspacePool& pool_;
    std::unique_ptr<Workspaces> workspaces_;
  };

 private:
  std::unique_ptr<Workspaces> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++leased_;
    if (free_.empty()) {
      free_.reserve(leased_);  // so that giving back never allocates
      return std::make_unique<Workspaces>(threads_);
    }
    std::unique_ptr<Workspaces> workspaces = std::move(free_.back());
    free_.pop_back();
    return workspaces;
  }
  void give_back(std::unique_ptr<Workspaces> workspaces) {
    workspaces->reset();
    const std::lock_guard<std::mutex> lock(mutex_);
    --leased_;
    free_.push_back(std::move(workspaces));
  }

  const std::size_t threads_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspaces>> free_;
  std::size_t leased_ = 0;
};

}  // namespace vitpose::engine

#include "core/workspace.h"

#include <algorithm>

namespace vitpose::engine {

namespace {
constexpr std::size_t kSmallestBlock = std::size_t{1} << 20;
}

void* Workspace::take_bytes(std::size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size_bytes()) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    blocks_.emplace_back(std::max(bytes, kSmallestBlock));
    used_ = 0;
  }
  void* taken = static_cast<std::byte*>(blocks_[block_].data()) + used_;
  used_ += bytes;
  return taken;
}

void Workspace::reset(std::size_t bytes) noexcept {
  block_ = 0;
  used_ = 0;
  const std::size_t capacity = capacity_bytes();
  if (blocks_.size() <= 1 && capacity >= bytes) return;
  blocks_.clear();
  try {
    blocks_.emplace_back(std::max(capacity, bytes));
  } catch (...) {  // memory is short: stay empty, and whoever takes next is told about it
  }
}

std::size_t Workspace::capacity_bytes() const {
  std::size_t total = 0;
  for (const AlignedBuffer& block : blocks_) total += block.size_bytes();
  return total;
}

}  // namespace vitpose::engine

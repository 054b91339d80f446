// Memory for a kernel's operands that ends, or begins, at a page which cannot be touched. No instruction reads or
// writes beyond it, not even those that no sanitizer looks into: assembly, tiles of AMX. On the other side are
// canaries.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#include "core/shape.h"

namespace vitpose::engine::test {

enum class Fence { kEnd, kBegin };

// kEnd: what aligns the start is canaries too, so the fence may be up to `alignment` - 1 bytes off.
template <class T>
class FencedBuffer {
 public:
  explicit FencedBuffer(Index count, Fence fence = Fence::kEnd, std::size_t alignment = alignof(T))
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        count_(count),
        size_(static_cast<std::size_t>(count) * sizeof(T)),
        usable_((std::max<std::size_t>(size_, 1) + page_ - 1) / page_ * page_) {
    void* const memory = mmap(nullptr, usable_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    usable_begin_ = static_cast<std::byte*>(memory) + page_;
    if (mprotect(usable_begin_, usable_, PROT_READ | PROT_WRITE) != 0) std::abort();
    begin_ = fence == Fence::kBegin ? 0 : (usable_ - size_) / alignment * alignment;
    std::fill(usable_begin_, usable_begin_ + begin_, kCanaryByte);
    std::fill(usable_begin_ + begin_ + size_, usable_begin_ + usable_, kCanaryByte);
  }
  ~FencedBuffer() { munmap(usable_begin_ - page_, usable_ + 2 * page_); }
  FencedBuffer(const FencedBuffer&) = delete;
  FencedBuffer& operator=(const FencedBuffer&) = delete;

  T* data() { return reinterpret_cast<T*>(usable_begin_ + begin_); }
  Index count() const { return count_; }
  bool intact() const {
    const auto is_canary = [](std::byte b) { return b == kCanaryByte; };
    return std::all_of(usable_begin_, usable_begin_ + begin_, is_canary) &&
           std::all_of(usable_begin_ + begin_ + size_, usable_begin_ + usable_, is_canary);
  }

 private:
  static constexpr std::byte kCanaryByte{0xdb};
  std::size_t page_;
  Index count_;
  std::size_t size_;
  std::size_t usable_;
  std::byte* usable_begin_ = nullptr;
  std::size_t begin_ = 0;
};

}  // namespace vitpose::engine::test

#include "core/aligned_buffer.h"

#include <cstdint>
#include <new>

#if defined(__linux__) && !defined(VITPOSE_SANITIZED)
#define VITPOSE_MAPS_LARGE_BUFFERS 1
#include <sys/mman.h>
#else
#define VITPOSE_MAPS_LARGE_BUFFERS 0
#endif

#include "core/error.h"

namespace vitpose::engine {

namespace {

#if VITPOSE_MAPS_LARGE_BUFFERS

// Weights are read from beginning to end, once in every forward: with 4 KB pages every page is one more walk through
// the page tables, which costs twice as much in a virtual machine. Buffers that hold a huge page are therefore asked
// of the system directly: memory that the heap hands out again would stay in the small pages that it has. The rest
// behind the last whole huge page stays small, so that no more memory is used. A system that will not give huge pages
// changes nothing but the speed.
constexpr std::size_t kHugePage = std::size_t{2} << 20;

bool is_large(std::size_t bytes) {
  return bytes >= kHugePage;
}

void* map_large(std::size_t bytes) {
  if (bytes + kHugePage < bytes) return nullptr;
  void* const mapped = ::mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(mapped);
  const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
  constexpr std::size_t kPage = 4096;
  const std::size_t length = (bytes + kPage - 1) / kPage * kPage;
  if (before > 0) ::munmap(begin, before);
  if (length < bytes + kHugePage - before) ::munmap(begin + before + length, bytes + kHugePage - before - length);
  ::madvise(begin + before, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return begin + before;
}

void unmap_large(void* data, std::size_t bytes) {
  ::munmap(data, bytes);
}

#else  // sanitizers watch what the heap hands out

bool is_large(std::size_t) {
  return false;
}
void* map_large(std::size_t) {
  return nullptr;
}
void unmap_large(void*, std::size_t) {}

#endif

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  data_ = is_large(bytes) ? map_large(bytes) : ::operator new (bytes, std::align_val_t{kAlignment}, std::nothrow);
  if (data_ == nullptr) fail(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes");
}

AlignedBuffer::~AlignedBuffer() {
  if (is_large(size_)) {
    if (data_ != nullptr) unmap_large(data_, size_);
  } else {
    ::operator delete (data_, std::align_val_t{kAlignment});
  }
}

}  // namespace vitpose::engine

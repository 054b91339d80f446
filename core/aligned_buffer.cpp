#include "core/aligned_buffer.h"

#include <new>

#include "core/error.h"

namespace vitpose::engine {

AlignedBuffer::AlignedBuffer(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  data_ = ::operator new (bytes, std::align_val_t{kAlignment}, std::nothrow);
  if (data_ == nullptr) fail(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes");
}

AlignedBuffer::~AlignedBuffer() {
  ::operator delete (data_, std::align_val_t{kAlignment});
}

}  // namespace vitpose::engine

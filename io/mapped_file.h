// The bytes of a file, mapped read-only or read into memory. Move-only; views into it live as long as it does.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/aligned_buffer.h"

namespace vitpose::engine {

class MappedFile {
 public:
  // kMap shares the page cache and starts at once, but a file truncated by someone else while it is mapped
  // kills the process (SIGBUS); kRead copies it first.
  enum class Access { kMap, kRead };

  MappedFile() = default;
  MappedFile(const std::string& path, Access access);  // Error kIo; directories and devices are refused
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const noexcept;

 private:
  void* mapping_ = nullptr;  // kMap
  std::size_t size_ = 0;
  AlignedBuffer copy_;  // kRead
};

// Whole file as text; refuses files of more than `limit_bytes`.
std::string read_text_file(const std::string& path, std::size_t limit_bytes);

}  // namespace vitpose::engine

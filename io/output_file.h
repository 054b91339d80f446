// A file that appears complete or not at all: written beside its destination, renamed by commit().
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace vitpose::engine {

class OutputFile {
 public:
  explicit OutputFile(const std::string& path);  // Error kIo when the folder is not writable
  ~OutputFile();                                 // without commit(): the temporary file is removed
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, std::size_t bytes);  // Error kIo, for instance when the disk is full
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();  // flushes, syncs to the kernel, renames over `path`

 private:
  std::string path_;
  std::string temporary_path_;  // empty when `path` is a device such as /dev/stdout, which is written directly
  std::FILE* file_ = nullptr;
};

}  // namespace vitpose::engine

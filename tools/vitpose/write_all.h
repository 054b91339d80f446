// Bytes to a file descriptor, all of them.
#pragma once

#include <cstddef>
#include <string>

namespace vitpose::tools {

// Error kIo, with the name of the file that it is.
void write_all(int fd, const void* bytes, std::size_t size, const std::string& name);

[[noreturn]] void fail_to_write(const std::string& name);  // for the reason that errno tells

}  // namespace vitpose::tools

#include "tools/vitpose/write_all.h"

#include <cerrno>
#include <unistd.h>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::tools {

void write_all(int fd, const void* bytes, std::size_t size, const std::string& name) {
  const char* left = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(fd, left, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_to_write(name);
    left += written;
    size -= static_cast<std::size_t>(written);
  }
}

void fail_to_write(const std::string& name) {
  engine::fail(engine::ErrorCode::kIo, "cannot write '", name, "': ", engine::system_message(errno));
}

}  // namespace vitpose::tools

#include "io/mapped_file.h"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::engine {
namespace {

class FileDescriptor {
 public:
  // O_NONBLOCK: opening a FIFO that nobody writes to must not hang before we can refuse it.
  FileDescriptor(const std::string& path, int extra_flags)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | extra_flags)) {
    if (fd_ < 0) fail(ErrorCode::kIo, "cannot open '", path, "': ", system_message(errno));
  }
  ~FileDescriptor() { ::close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  struct stat status(const std::string& path) const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) fail(ErrorCode::kIo, "cannot examine '", path, "': ", system_message(errno));
    if (S_ISDIR(status.st_mode)) fail(ErrorCode::kIo, "cannot read '", path, "': expected a file, found a directory");
    return status;
  }

  // Up to `bytes` bytes, fewer only at the end of the file.
  std::size_t read(void* destination, std::size_t bytes, const std::string& path) const {
    std::size_t done = 0;
    while (done < bytes) {
      const ssize_t count = ::read(fd_, static_cast<char*>(destination) + done, bytes - done);
      if (count == 0) break;
      if (count < 0) {
        if (errno == EINTR) continue;
        fail(ErrorCode::kIo, "cannot read '", path, "': ", system_message(errno));
      }
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

AlignedBuffer buffer_for(std::size_t bytes, const std::string& path) try {
  return AlignedBuffer(bytes);
} catch (const Error& error) {
  fail(error.code(), "cannot read '", path, "': not enough memory for its ", bytes, " bytes");
}

}  // namespace

MappedFile::MappedFile(const std::string& path, Access access) {
  const FileDescriptor file(path, O_NONBLOCK);
  const struct stat status = file.status(path);
  if (!S_ISREG(status.st_mode)) {
    fail(ErrorCode::kIo, "cannot read '", path, "': expected a regular file, found a device, pipe or socket");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (access == Access::kRead) {
    copy_ = buffer_for(size, path);
    if (const std::size_t found = file.read(copy_.data(), size, path); found != size) {
      fail(ErrorCode::kIo, "cannot read '", path, "': expected ", size, " bytes, found ", found,
           " (it was truncated while being read)");
    }
  } else if (size > 0) {
    void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapping == MAP_FAILED) fail(ErrorCode::kIo, "cannot map '", path, "': ", system_message(errno));
    mapping_ = mapping;
  }
  size_ = size;
}

MappedFile::~MappedFile() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      copy_(std::move(other.copy_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(size_, other.size_);
  std::swap(copy_, other.copy_);
  return *this;
}

std::span<const std::byte> MappedFile::bytes() const noexcept {
  const void* const start = mapping_ != nullptr ? mapping_ : copy_.data();
  return {static_cast<const std::byte*>(start), size_};
}

std::string read_text_file(const std::string& path, std::size_t limit_bytes) try {
  const FileDescriptor file(path, 0);
  file.status(path);
  // Read rather than trust the size: pipes and files of /proc do not know theirs.
  std::string text;
  constexpr std::size_t kStep = std::size_t{1} << 16;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const std::size_t count = file.read(text.data() + before, kStep, path);
    text.resize(before + count);
    if (text.size() > limit_bytes) {
      fail(ErrorCode::kFormat, "'", path, "' is too large: expected at most ", limit_bytes, " bytes");
    }
    if (count < kStep) return text;
  }
} catch (const std::bad_alloc&) {
  fail(ErrorCode::kOutOfMemory, "cannot read '", path, "': not enough memory for it");
}

}  // namespace vitpose::engine

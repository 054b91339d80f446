#include "io/output_file.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::engine {
namespace {

[[noreturn]] void fail_to_write(const std::string& path, int error_number) {
  fail(ErrorCode::kIo, "cannot write '", path, "': ", system_message(error_number));
}

// The standard streams by name: duplicated instead of opened anew, so that a redirection's offset and append
// mode are honoured. -1 for any other path.
int standard_stream(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  return -1;
}

// What a symbolic link points to, so that the link itself survives the renaming.
std::string resolve_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  return resolved ? std::string(resolved.get()) : path;
}

struct CreatedFile {
  int fd;
  std::string path;
};

// A new file in the folder of `path`, under a name that nobody else uses.
CreatedFile create_beside(const std::string& path) {
  static std::atomic<unsigned> next{0};
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  for (;;) {
    const unsigned number = next.fetch_add(1, std::memory_order_relaxed);
    std::string name = folder + ".vitpose-" + std::to_string(::getpid()) + "-" + std::to_string(number) + ".tmp";
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return {fd, std::move(name)};
    if (errno != EEXIST) fail_to_write(path, errno);
  }
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path.empty()) fail_to_write(path, ENOENT);
  int fd = -1;
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (const int stream = standard_stream(path); stream >= 0) {
    fd = ::fcntl(stream, F_DUPFD_CLOEXEC, 0);
  } else if (exists && S_ISDIR(existing.st_mode)) {
    fail_to_write(path, EISDIR);
  } else if (exists && !S_ISREG(existing.st_mode)) {
    fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    // Renaming needs no right to the file that it replaces, but a write-protected file is meant to stay.
    if (exists && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) fail_to_write(path, errno);
    path_ = exists ? resolve_links(path) : path;
    CreatedFile created = create_beside(path_);
    fd = created.fd;
    temporary_path_ = std::move(created.path);
    // Best effort: a file system without modes (or someone else's file) is no reason to fail.
    if (exists) static_cast<void>(::fchmod(fd, existing.st_mode & 07777) == 0);
  }
  if (fd < 0) fail_to_write(path, errno);
  file_ = ::fdopen(fd, "wb");
  if (file_ == nullptr) {
    const int reason = errno;
    ::close(fd);
    if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
    fail_to_write(path, reason);
  }
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void OutputFile::write(const void* data, std::size_t bytes) {
  if (bytes == 0) return;
  if (std::fwrite(data, 1, bytes, file_) != bytes) fail_to_write(path_, errno);
}

void OutputFile::commit() {
  // Without a flush of its own the last block's "disk full" would be lost in the destructor.
  if (std::fflush(file_) != 0) fail_to_write(path_, errno);
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail_to_write(path_, errno);
  if (temporary_path_.empty()) return;
  if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) fail_to_write(path_, errno);
  temporary_path_.clear();
}

}  // namespace vitpose::engine

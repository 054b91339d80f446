#include "tools/vitpose/line_file.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "tools/vitpose/write_all.h"

namespace vitpose::tools {

LineFile::~LineFile() {
  if (fd_ >= 0) ::close(fd_);
}

void LineFile::open() {
  const int mode = existing_ == Existing::kAppend ? O_APPEND : O_TRUNC;
  // Standard output is duplicated instead of opened anew, so that a redirection's offset is honoured.
  fd_ = path_ == "/dev/stdout" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0666);
  if (fd_ < 0) fail_to_write(path_);
}

void LineFile::write(std::string line) {
  if (fd_ < 0) open();
  line += '\n';
  write_all(fd_, line.data(), line.size(), path_);
}

void LineFile::finish() {
  if (fd_ < 0) open();
  // A network file system may tell of a full disk only here.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) fail_to_write(path_);
}

}  // namespace vitpose::tools

// A `vitpose` that runs beside the test.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace vitpose::test {

// Closes its file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  void close();

  // All of it; false when the reader has gone.
  bool write(std::string_view bytes) const;

 private:
  int fd_ = -1;
};

Descriptor open_to_read(const std::string& path);
Descriptor open_to_write(const std::string& path);  // made when missing

struct Pipe {
  Pipe();
  Descriptor read_end, write_end;
};

class Process {
 public:
  // Runs `vitpose` with these arguments in the folder of the test pictures, with these standard streams.
  Process(const std::vector<std::string>& arguments, const Descriptor& in, const Descriptor& out,
          const Descriptor& err);
  ~Process();  // one that still runs is killed
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void kill();  // as kill -9
  int wait();   // its exit code; 128 + signal when it was killed
  // What it has in memory, in kB; 0 when it has ended.
  long resident_kb() const;

 private:
  pid_t pid_ = -1;
};

}  // namespace vitpose::test

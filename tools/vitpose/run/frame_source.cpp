#include "tools/vitpose/run/frame_source.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::tools {

using engine::ErrorCode;
using engine::fail;

namespace {

constexpr int kPatienceMs = 100;  // between two looks at whether the run still goes on

}  // namespace

std::optional<Work> FrameSource::next() {
  Work work;
  work.frame = std::make_unique_for_overwrite<std::uint8_t[]>(size_.bytes());
  const std::size_t found = read(work.frame.get());
  if (stopped_) return std::nullopt;
  if (found == 0) {
    check_end();
    return std::nullopt;
  }
  if (found < size_.bytes()) {
    fail(ErrorCode::kFormat, "standard input: frame ", frames_, ": expected ", size_.bytes(), " bytes (", size_.text(),
         " rgb24), found ", found, ": the stream was cut, or its frames have another size");
  }
  work.image = {work.frame.get(), size_.width, size_.height, 0, PixelFormat::kRgb8};
  work.result.frame = static_cast<std::int64_t>(frames_);
  work.result.id = work.result.frame;
  work.result.width = size_.width;
  work.result.height = size_.height;
  work.result.subjects = boxes_.subjects(frames_, size_.width, size_.height);
  ++frames_;
  return work;
}

// A whole frame, or what was left of the stream, or of the time before stop().
std::size_t FrameSource::read(std::uint8_t* bytes) const {
  std::size_t found = 0;
  while (found < size_.bytes() && wait_for_bytes()) {
    const ssize_t count = ::read(stream_, bytes + found, size_.bytes() - found);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      fail(ErrorCode::kIo, "standard input: frame ", frames_, ": cannot read: ", engine::system_message(errno));
    }
    if (count == 0) break;
    found += static_cast<std::size_t>(count);
  }
  return found;
}

// Until there is something to read, an end or an error included. False: stop() came first.
bool FrameSource::wait_for_bytes() const {
  while (!stopped_) {
    pollfd stream{stream_, POLLIN, 0};
    const int ready = ::poll(&stream, 1, kPatienceMs);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // of an error read() tells the reason
  }
  return false;
}

void FrameSource::check_end() const {
  if (frames_ == 0) {
    fail(ErrorCode::kFormat, "standard input: expected frames of ", size_.bytes(), " bytes (", size_.text(),
         " rgb24), found an empty stream");
  }
  const std::optional<std::size_t> last = boxes_.last_listed();
  if (last && *last >= frames_) {
    fail(ErrorCode::kInvalidArgument, "standard input: expected frame ", *last,
         ", for which there are boxes, found the end after ", frames_, " frames");
  }
}

}  // namespace vitpose::tools

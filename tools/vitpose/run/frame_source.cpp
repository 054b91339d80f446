#include "tools/vitpose/run/frame_source.h"

#include <cerrno>
#include <unistd.h>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::tools {

using engine::ErrorCode;
using engine::fail;

std::optional<Work> FrameSource::next() {
  Work work;
  work.frame = std::make_unique_for_overwrite<std::uint8_t[]>(size_.bytes());
  const std::size_t found = read(work.frame.get());
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

// A whole frame, or what was left of the stream.
std::size_t FrameSource::read(std::uint8_t* bytes) const {
  std::size_t found = 0;
  while (found < size_.bytes()) {
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

// Raw video from a pipe as work: frames of RGB, 3 bytes a pixel, one after the other without gaps.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "tools/vitpose/run/box_plan.h"
#include "tools/vitpose/run/work.h"

namespace vitpose::tools {

struct FrameSize {
  int width = 0;
  int height = 0;

  std::size_t bytes() const {
    return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
  std::string text() const { return std::to_string(width) + "x" + std::to_string(height); }
};

class FrameSource : public Source {
 public:
  // Reads the file descriptor `stream` to its end; it stays the caller's.
  FrameSource(int stream, FrameSize size, const BoxPlan& boxes) : stream_(stream), size_(size), boxes_(boxes) {}

  // Error kFormat when the stream ends within a frame or before the last frame that has boxes, or holds none; kIo when
  // it cannot be read.
  std::optional<Work> next() override;
  void stop() override { stopped_ = true; }

 private:
  std::size_t read(std::uint8_t* bytes) const;
  bool wait_for_bytes() const;
  void check_end() const;

  int stream_;
  FrameSize size_;
  const BoxPlan& boxes_;
  std::size_t frames_ = 0;  // read so far
  std::atomic<bool> stopped_{false};
};

}  // namespace vitpose::tools

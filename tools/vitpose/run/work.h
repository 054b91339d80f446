// What travels through `vitpose run`: from the reader through the estimator to the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tools/vitpose/pose_result.h"
#include "vitpose/vitpose.hpp"

namespace vitpose::tools {

// A picture or frame, its boxes and, once estimated, its poses.
struct Work {
  ImageResult result;
  std::string error;  // not empty: it failed, and why

  std::optional<Picture> picture;         // the pixels of a file,
  std::unique_ptr<std::uint8_t[]> frame;  // or those of a video's frame: RGB without gaps
  ImageView image;                        // a view of the one or the other: RGB without gaps, too
  Tensor heatmaps;                        // [N,1,h,w], the largest value over the keypoints, when they are to be drawn

  std::size_t pixel_bytes() const {
    return std::size_t{3} * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  }
};

// Where pictures or frames come from, one after the other.
class Source {
 public:
  virtual ~Source() = default;

  // One that cannot be read comes with its error; empty at the end. An exception is the end too, with a reason: what
  // came before it stays good.
  virtual std::optional<Work> next() = 0;

  // From another thread: nobody takes what comes. A next() that waits for something ends soon, with nothing.
  virtual void stop() {}
};

// What becomes of them, in the same order.
class Sink {
 public:
  virtual ~Sink() = default;

  virtual void take(Work work) = 0;  // an exception ends the run
  virtual void finish() = 0;         // that was all
};

}  // namespace vitpose::tools

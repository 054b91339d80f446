// What the functions of the C interface share: errors become status codes, options and pictures become ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/float_environment.h"
#include "model/pose_estimator.h"
#include "vitpose/vitpose.h"

struct vitpose_estimator {
  std::unique_ptr<vitpose::engine::PoseEstimator> engine;
  std::string backend;
  std::string storage;
};

struct vitpose_poses {
  std::vector<vitpose::engine::Pose> poses;
};

namespace vitpose::engine {

// To be called in a catch block: keeps the exception's message for vitpose_last_error.
vitpose_status record_current_exception() noexcept;

// Every function of the interface that can fail runs its body in here: no exception leaves the library, and the
// body computes in the floating-point mode of the reproducibility contract.
template <class Body>
vitpose_status guarded(Body&& body) noexcept {
  try {
    const FloatEnvironment mode;
    std::forward<Body>(body)();
    return VITPOSE_OK;
  } catch (...) {
    return record_current_exception();
  }
}

inline void require_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) fail(ErrorCode::kInvalidArgument, name, ": expected a pointer, found NULL");
}

// The caller's options, or the defaults that `initialize` writes.
template <class Options>
Options options_or_defaults(const Options* options, void (*initialize)(Options*), const char* name) {
  Options result;
  initialize(&result);
  if (options == nullptr) return result;
  if (options->struct_size != sizeof(Options)) {
    fail(ErrorCode::kInvalidArgument, name, ".struct_size: expected ", sizeof(Options),
         " (use the _init function), found ", options->struct_size);
  }
  return *options;
}

// The caller's pixels, checked; `name` stands for them in messages.
ImageView to_engine(const vitpose_image& image, const std::string& name);

// Which bytes of a pixel are which.
struct ChannelOrder {
  int pixel_bytes;
  int red, green, blue;
};
ChannelOrder channel_order(PixelFormat format);

// Images and the boxes in them, checked and in the engine's types.
class ImagesAndBoxes {
 public:
  ImagesAndBoxes(const vitpose_image* images, std::size_t image_count, const vitpose_box* boxes,
                 const std::size_t* box_counts);
  std::span<const ImageBoxes> images() const { return images_; }
  std::size_t box_count() const { return boxes_.size(); }

 private:
  std::vector<Box> boxes_;
  std::vector<ImageBoxes> images_;
};

NumericsOptions to_engine_numerics(std::int32_t numerics, std::int32_t warp_matrix);
std::span<const std::int64_t> expert_span(const std::int64_t* experts, std::size_t count);

// Counts that do not fit the engine's signed indices are refused.
Index to_index(const char* name, std::size_t value);
void require_crop_size(std::int32_t height, std::int32_t width);
// [N, K, h, w] of which only N may be 0.
Shape heatmap_shape(std::size_t n, std::size_t k, std::size_t h, std::size_t w);

// Error unless `found` floats are what `name` of shape `shape` holds.
void require_floats(const char* name, const Shape& shape, std::size_t found);

}  // namespace vitpose::engine

#include "model/c_api_support.h"

#include <limits>
#include <new>

namespace vitpose::engine {

namespace {

struct LastError {
  std::string text;
  const char* message = "";
};

LastError& last_error() {
  thread_local LastError error;
  return error;
}

void keep_message(const char* what) noexcept {
  LastError& error = last_error();
  try {
    error.text = what;
    // File names may hold line breaks, a message is one line.
    for (char& c : error.text) {
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    error.message = error.text.c_str();
  } catch (...) {
    error.message = "out of memory";
  }
}

constexpr bool same_code(ErrorCode code, vitpose_status status) {
  return static_cast<int>(code) == static_cast<int>(status);
}
static_assert(same_code(ErrorCode::kInvalidArgument, VITPOSE_INVALID_ARGUMENT));
static_assert(same_code(ErrorCode::kIo, VITPOSE_IO));
static_assert(same_code(ErrorCode::kFormat, VITPOSE_FORMAT));
static_assert(same_code(ErrorCode::kUnsupported, VITPOSE_UNSUPPORTED));
static_assert(same_code(ErrorCode::kOutOfMemory, VITPOSE_OUT_OF_MEMORY));
static_assert(same_code(ErrorCode::kInternal, VITPOSE_INTERNAL));

PixelFormat to_engine_format(std::int32_t format, const std::string& name) {
  switch (format) {
    case VITPOSE_RGB8: return PixelFormat::kRgb8;
    case VITPOSE_BGR8: return PixelFormat::kBgr8;
    case VITPOSE_RGBA8: return PixelFormat::kRgba8;
    case VITPOSE_BGRA8: return PixelFormat::kBgra8;
    case VITPOSE_GRAY8: return PixelFormat::kGray8;
    default: fail(ErrorCode::kInvalidArgument, name, ".format: expected a vitpose_pixel_format, found ", format);
  }
}

}  // namespace

vitpose_status record_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    keep_message(error.what());
    return static_cast<vitpose_status>(error.code());
  } catch (const std::bad_alloc&) {
    keep_message("out of memory");
    return VITPOSE_OUT_OF_MEMORY;
  } catch (const std::length_error&) {
    keep_message("out of memory");
    return VITPOSE_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    keep_message(error.what());
    return VITPOSE_INTERNAL;
  } catch (...) {
    keep_message("unknown error");
    return VITPOSE_INTERNAL;
  }
}

ChannelOrder channel_order(PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgb8: return {3, 0, 1, 2};
    case PixelFormat::kBgr8: return {3, 2, 1, 0};
    case PixelFormat::kRgba8: return {4, 0, 1, 2};
    case PixelFormat::kBgra8: return {4, 2, 1, 0};
    case PixelFormat::kGray8: break;
  }
  return {1, 0, 0, 0};
}

ImageView to_engine(const vitpose_image& image, const std::string& name) {
  if (image.data == nullptr || image.width < 1 || image.height < 1) {
    fail(ErrorCode::kInvalidArgument, name, ": expected pixels and a size of at least 1x1, found ",
         image.data == nullptr ? "NULL, " : "", image.width, "x", image.height);
  }
  const PixelFormat format = to_engine_format(image.format, name);
  const std::ptrdiff_t row_bytes = static_cast<std::ptrdiff_t>(image.width) * channel_order(format).pixel_bytes;
  const std::ptrdiff_t stride = image.row_stride == 0 ? row_bytes : image.row_stride;
  // A negative stride is a picture stored bottom up.
  if (stride < row_bytes && stride > -row_bytes) {
    fail(ErrorCode::kInvalidArgument, name, ": expected a row stride of at least ", row_bytes, " bytes, found ",
         stride);
  }
  return {image.data, image.width, image.height, stride, format};
}

ImagesAndBoxes::ImagesAndBoxes(const vitpose_image* images, std::size_t image_count, const vitpose_box* boxes,
                               const std::size_t* box_counts) {
  if (image_count == 0) return;
  require_pointer(images, "images");
  require_pointer(box_counts, "box_counts");
  std::size_t total = 0;
  for (std::size_t i = 0; i < image_count; ++i) {
    if (box_counts[i] > std::numeric_limits<std::size_t>::max() / sizeof(Box) - total) throw std::bad_alloc();
    total += box_counts[i];
  }
  if (total > 0) require_pointer(boxes, "boxes");
  boxes_.reserve(total);
  for (std::size_t i = 0; i < total; ++i) boxes_.push_back({boxes[i].x, boxes[i].y, boxes[i].width, boxes[i].height});
  images_.reserve(image_count);
  const Box* next = boxes_.data();
  for (std::size_t i = 0; i < image_count; ++i) {
    images_.push_back({to_engine(images[i], "image " + std::to_string(i)), std::span<const Box>(next, box_counts[i])});
    next += box_counts[i];
  }
}

NumericsOptions to_engine_numerics(std::int32_t numerics, std::int32_t warp_matrix) {
  if (numerics != VITPOSE_HF4 && numerics != VITPOSE_HF5) {
    fail(ErrorCode::kInvalidArgument, "numerics: expected VITPOSE_HF4 or VITPOSE_HF5, found ", numerics);
  }
  if (warp_matrix != VITPOSE_NUMPY2 && warp_matrix != VITPOSE_NUMPY1) {
    fail(ErrorCode::kInvalidArgument, "warp_matrix: expected VITPOSE_NUMPY2 or VITPOSE_NUMPY1, found ", warp_matrix);
  }
  NumericsOptions options;
  options.normalization = numerics == VITPOSE_HF4 ? Normalization::kHf4 : Normalization::kHf5;
  options.warp_matrix = warp_matrix == VITPOSE_NUMPY2 ? WarpMatrix::kNumpy2 : WarpMatrix::kNumpy1;
  return options;
}

std::span<const std::int64_t> expert_span(const std::int64_t* experts, std::size_t count) {
  if (count > 0) require_pointer(experts, "experts");
  return {experts, count};
}

Index to_index(const char* name, std::size_t value) {
  if (value > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail(ErrorCode::kInvalidArgument, name, ": expected at most 2147483647, found ", value);
  }
  return static_cast<Index>(value);
}

void require_crop_size(std::int32_t height, std::int32_t width) {
  if (height < 2 || width < 2) {
    fail(ErrorCode::kInvalidArgument, "crop_height, crop_width: expected at least 2, found ", height, ", ", width);
  }
}

Shape heatmap_shape(std::size_t n, std::size_t k, std::size_t h, std::size_t w) {
  const Shape shape{to_index("n", n), to_index("k", k), to_index("h", h), to_index("w", w)};
  if (k < 1 || h < 1 || w < 1) {
    fail(ErrorCode::kInvalidArgument, "heatmaps: expected [N,K,h,w] with K, h and w at least 1, found ",
         shape.to_string());
  }
  return shape;
}

void require_floats(const char* name, const Shape& shape, std::size_t found) {
  // Division instead of a product: the extents come from the caller and may overflow.
  std::size_t rest = found;
  bool fits = true;
  for (int axis = 0; axis < shape.rank() && fits; ++axis) {
    const auto extent = static_cast<std::size_t>(shape[axis]);
    if (extent == 0) {
      fits = found == 0;
      rest = 1;
      break;
    }
    fits = rest % extent == 0;
    rest /= extent;
  }
  if (!fits || rest != 1) {
    fail(ErrorCode::kInvalidArgument, name, ": expected ", shape.to_string(), " floats, found ", found);
  }
}

}  // namespace vitpose::engine

extern "C" {

const char* vitpose_version(void) {
  return VITPOSE_VERSION;
}

const char* vitpose_last_error(void) {
  return vitpose::engine::last_error().message;
}

}  // extern "C"

// The C interface (include/vitpose/pictures.h): picture files.
#include "io/image.h"
#include "model/c_api_support.h"

using namespace vitpose::engine;  // the functions themselves must be global

struct vitpose_picture {
  Image image;
};

namespace {

ImageReadOptions to_engine_options(const vitpose_read_options& options) {
  ImageReadOptions result;
  result.max_pixels = options.max_pixels;
  result.apply_exif_orientation = options.exif_orientation != 0;
  return result;
}

// Any format as RGB without gaps between the rows, which is what the encoders take.
Image to_rgb(const vitpose_image& image) {
  const ImageView view = to_engine(image, "image");
  const ChannelOrder order = channel_order(view.format);
  Image result;
  result.width = view.width;
  result.height = view.height;
  result.rgb.reserve(static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.height) * 3);
  for (int y = 0; y < view.height; ++y) {
    const std::uint8_t* pixel = view.data + y * view.row_stride;
    for (int x = 0; x < view.width; ++x, pixel += order.pixel_bytes) {
      result.rgb.insert(result.rgb.end(), {pixel[order.red], pixel[order.green], pixel[order.blue]});
    }
  }
  return result;
}

}  // namespace

extern "C" {

void vitpose_read_options_init(vitpose_read_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->struct_size = sizeof(*options);
  options->max_pixels = ImageReadOptions().max_pixels;
}

vitpose_status vitpose_picture_read(const char* path, const vitpose_read_options* options, vitpose_picture** picture) {
  return guarded([&] {
    require_pointer(picture, "picture");
    *picture = nullptr;
    require_pointer(path, "path");
    const vitpose_read_options given = options_or_defaults(options, vitpose_read_options_init, "options");
    *picture = new vitpose_picture{read_image(path, to_engine_options(given))};
  });
}

vitpose_status vitpose_picture_read_memory(const void* bytes, size_t size, const vitpose_read_options* options,
                                           vitpose_picture** picture) {
  return guarded([&] {
    require_pointer(picture, "picture");
    *picture = nullptr;
    require_pointer(bytes, "bytes");
    const vitpose_read_options given = options_or_defaults(options, vitpose_read_options_init, "options");
    const std::span<const std::byte> file(static_cast<const std::byte*>(bytes), size);
    *picture = new vitpose_picture{decode_image(file, "picture", to_engine_options(given))};
  });
}

vitpose_image vitpose_picture_image(const vitpose_picture* picture) {
  if (picture == nullptr) return {};
  const Image& image = picture->image;
  return {image.rgb.data(), image.width, image.height, static_cast<ptrdiff_t>(image.width) * 3, VITPOSE_RGB8};
}

vitpose_canvas vitpose_picture_canvas(vitpose_picture* picture) {
  if (picture == nullptr) return {};
  Image& image = picture->image;
  return {image.rgb.data(), image.width, image.height, static_cast<ptrdiff_t>(image.width) * 3, VITPOSE_RGB8};
}

void vitpose_picture_free(vitpose_picture* picture) {
  delete picture;
}

void vitpose_write_options_init(vitpose_write_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->struct_size = sizeof(*options);
  options->jpeg_quality = kJpegQuality;
}

vitpose_status vitpose_picture_write(const char* path, const vitpose_image* image,
                                     const vitpose_write_options* options) {
  return guarded([&] {
    require_pointer(path, "path");
    require_pointer(image, "image");
    const int quality = options_or_defaults(options, vitpose_write_options_init, "options").jpeg_quality;
    if (quality < 1 || quality > 100) {
      fail(ErrorCode::kInvalidArgument, "jpeg_quality: expected 1 to 100, found ", quality);
    }
    write_image(path, to_rgb(*image), quality);
  });
}

}  // extern "C"

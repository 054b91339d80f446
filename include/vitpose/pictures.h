/* Pictures and boxes. Part of vitpose.h. */
#ifndef VITPOSE_PICTURES_H
#define VITPOSE_PICTURES_H

#include "vitpose/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vitpose_pixel_format {
  VITPOSE_RGB8 = 0,
  VITPOSE_BGR8 = 1,
  VITPOSE_RGBA8 = 2, /* alpha is ignored */
  VITPOSE_BGRA8 = 3,
  VITPOSE_GRAY8 = 4 /* replicated to three channels */
} vitpose_pixel_format;

/* The caller's pixels, read during the call only. */
typedef struct vitpose_image {
  const uint8_t* data;
  int32_t width;        /* px, at least 1 */
  int32_t height;       /* px, at least 1 */
  ptrdiff_t row_stride; /* bytes between rows; 0 = rows are contiguous */
  int32_t format;       /* a vitpose_pixel_format */
} vitpose_image;

/* Pixels of the caller's that a call changes. All formats but VITPOSE_GRAY8, which has no colours to draw with; alpha
 * stays as it is. */
typedef struct vitpose_canvas {
  uint8_t* data;
  int32_t width;        /* px, at least 1 */
  int32_t height;       /* px, at least 1 */
  ptrdiff_t row_stride; /* bytes between rows; 0 = rows are contiguous */
  int32_t format;       /* a vitpose_pixel_format */
} vitpose_canvas;

/* A subject's box: top left corner, width, height. It may leave the image. A box that gives no finite crop is refused
 * with VITPOSE_INVALID_ARGUMENT: NaN or infinite entries, or no extent in either direction. One extent of zero is
 * repaired from the other by the crop's aspect ratio; negative ones are taken as Hugging Face takes them. */
typedef struct vitpose_box {
  double x, y, width, height; /* px */
} vitpose_box;

/* A picture file in memory. */
typedef struct vitpose_picture vitpose_picture;

typedef struct vitpose_read_options {
  size_t struct_size;
  int64_t max_pixels;       /* larger pictures are refused; 100,000,000 */
  int32_t exif_orientation; /* 1: turn the picture upright as its EXIF entry says; 0, as Hugging Face does */
} vitpose_read_options;
VITPOSE_API void vitpose_read_options_init(vitpose_read_options* options);

/* Reads a PNG, JPEG or BMP file as RGB8: grey is replicated, alpha dropped, palettes expanded, 16 bits become their
 * high byte, CMYK is refused. */
VITPOSE_API vitpose_status vitpose_picture_read(const char* path, const vitpose_read_options* options,
                                                vitpose_picture** picture);
/* The same from the bytes of such a file, which are needed during the call only. Messages call them "picture". */
VITPOSE_API vitpose_status vitpose_picture_read_memory(const void* bytes, size_t size,
                                                       const vitpose_read_options* options, vitpose_picture** picture);
/* The pixels, valid until vitpose_picture_free. */
VITPOSE_API vitpose_image vitpose_picture_image(const vitpose_picture* picture);
/* The same pixels to draw into. No other thread may use the picture meanwhile. */
VITPOSE_API vitpose_canvas vitpose_picture_canvas(vitpose_picture* picture);
VITPOSE_API void vitpose_picture_free(vitpose_picture* picture);

typedef struct vitpose_write_options {
  size_t struct_size;
  int32_t jpeg_quality; /* 1 to 100; 95 */
} vitpose_write_options;
VITPOSE_API void vitpose_write_options_init(vitpose_write_options* options);

/* Writes pixels of any format as .png, .jpg or .jpeg, whichever `path` ends in. The file appears complete or not at
 * all: an existing one stays as it was when the disk is full or the folder cannot be written (VITPOSE_IO). */
VITPOSE_API vitpose_status vitpose_picture_write(const char* path, const vitpose_image* image,
                                                 const vitpose_write_options* options);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_PICTURES_H */

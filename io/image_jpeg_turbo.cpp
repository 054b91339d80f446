// JPEG by libjpeg-turbo, with the settings that Pillow uses (the slow integer DCT and smooth chroma, both the
// library's defaults), so that the pixels equal Pillow's bit for bit. image_jpeg_stb.cpp is built where it is missing.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>
// jpeglib.h needs FILE and size_t declared before it, and jerror.h needs jpeglib.h.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "core/error.h"
#include "io/excerpt.h"
#include "io/image_codecs.h"
#include "io/jpeg_header.h"

namespace vitpose::engine {
namespace {

// A progressive file of many empty scans costs a pass over the whole image for each.
constexpr int kMaxScans = 500;

// libjpeg reports errors through callbacks that must not return. They jump back to the setjmp of the function that
// called the library; no object with a destructor lives between the two.
struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg knows only this part
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  bool is_out_of_memory;
};

[[noreturn]] void jump_out(j_common_ptr codec) {
  auto* const errors = reinterpret_cast<ErrorManager*>(codec->err);
  const int code = codec->err->msg_code;
  errors->is_out_of_memory = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE;
  (*codec->err->format_message)(codec, errors->message);
  std::longjmp(errors->jump, 1);
}

[[noreturn]] void jump_out(j_common_ptr codec, const char* message) {
  auto* const errors = reinterpret_cast<ErrorManager*>(codec->err);
  errors->message[std::string_view(message).copy(errors->message, sizeof errors->message - 1)] = '\0';
  std::longjmp(errors->jump, 1);
}

void ignore_message(j_common_ptr) {}
void ignore_warning(j_common_ptr, int) {}

boolean refuse_end_of_data(j_decompress_ptr decoder) {
  jump_out(reinterpret_cast<j_common_ptr>(decoder), "the file is truncated");
}

void limit_scans(j_common_ptr codec) {
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number > kMaxScans) jump_out(codec, "too many scans");
}

jpeg_error_mgr* prepare(ErrorManager& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = [](j_common_ptr codec) { jump_out(codec); };
  errors.base.output_message = ignore_message;
  errors.base.emit_message = ignore_warning;
  return &errors.base;
}

struct Decoder {
  jpeg_decompress_struct codec{};
  ErrorManager errors{};
  jpeg_progress_mgr progress{};

  Decoder() { codec.err = prepare(errors); }
  ~Decoder() { jpeg_destroy_decompress(&codec); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

struct Encoder {
  jpeg_compress_struct codec{};
  ErrorManager errors{};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  Encoder() { codec.err = prepare(errors); }
  ~Encoder() {
    jpeg_destroy_compress(&codec);
    std::free(bytes);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
};

// False: errors.message says why.
bool decode(Decoder& decoder, const unsigned char* file, unsigned long size, Image& image) {
  if (setjmp(decoder.errors.jump) != 0) return false;  // NOLINT
  jpeg_decompress_struct& codec = decoder.codec;
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, file, size);
  codec.src->fill_input_buffer = refuse_end_of_data;  // the default invents an end
  decoder.progress.progress_monitor = limit_scans;
  codec.progress = &decoder.progress;
  jpeg_read_header(&codec, TRUE);
  codec.out_color_space = JCS_RGB;
  jpeg_start_decompress(&codec);
  if (codec.output_width != static_cast<JDIMENSION>(image.width) ||
      codec.output_height != static_cast<JDIMENSION>(image.height)) {
    jump_out(reinterpret_cast<j_common_ptr>(&codec), "its size is stated twice, differently");
  }
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = image.rgb.data() + std::size_t{codec.output_scanline} * codec.output_width * 3;
    jpeg_read_scanlines(&codec, &row, 1);
  }
  jpeg_finish_decompress(&codec);
  return true;
}

bool encode(Encoder& encoder, const Image& image, int quality) {
  if (setjmp(encoder.errors.jump) != 0) return false;  // NOLINT
  jpeg_compress_struct& codec = encoder.codec;
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, &encoder.bytes, &encoder.size);
  codec.image_width = static_cast<JDIMENSION>(image.width);
  codec.image_height = static_cast<JDIMENSION>(image.height);
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    // libjpeg only reads from it, but its interface predates const.
    JSAMPROW row = const_cast<JSAMPROW>(image.rgb.data() + std::size_t{codec.next_scanline} * codec.image_width * 3);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  return true;
}

}  // namespace

void decode_jpeg_pixels(std::span<const std::byte> bytes, const JpegHeader&, const std::string& where, Image& image) {
  Decoder decoder;
  if (!decode(decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), image)) {
    if (decoder.errors.is_out_of_memory) throw std::bad_alloc();  // decode_image names the file
    fail(ErrorCode::kFormat, where, ": malformed JPEG: ", excerpt(decoder.errors.message, JMSG_LENGTH_MAX));
  }
}

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality, const std::string& where) {
  Encoder encoder;
  if (!encode(encoder, image, quality)) {
    if (encoder.errors.is_out_of_memory) throw std::bad_alloc();
    fail(ErrorCode::kUnsupported, "cannot write '", where, "' as JPEG: ", encoder.errors.message);
  }
  return {encoder.bytes, encoder.bytes + encoder.size};
}

const char* jpeg_decoder_name() {
  return "libjpeg-turbo";
}

}  // namespace vitpose::engine

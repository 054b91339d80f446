// The values and options of vitpose.hpp. vitpose.h says what they mean; sizes and coordinates are in pixels.
#ifndef VITPOSE_VALUES_HPP
#define VITPOSE_VALUES_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "vitpose/vitpose.h"

namespace vitpose {

// The values of vitpose_status.
enum class ErrorCode {
  kInvalidArgument = VITPOSE_INVALID_ARGUMENT,
  kIo = VITPOSE_IO,
  kFormat = VITPOSE_FORMAT,
  kUnsupported = VITPOSE_UNSUPPORTED,
  kOutOfMemory = VITPOSE_OUT_OF_MEMORY,
  kInternal = VITPOSE_INTERNAL,
};

// what() is one line: what was looked at, what was expected and what was found.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

// ---- values ---------------------------------------------------------------------------------------------------

enum class PixelFormat {
  kRgb8 = VITPOSE_RGB8,
  kBgr8 = VITPOSE_BGR8,
  kRgba8 = VITPOSE_RGBA8,
  kBgra8 = VITPOSE_BGRA8,
  kGray8 = VITPOSE_GRAY8,
};

// The caller's pixels, not owned.
struct ImageView {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t row_stride = 0;  // bytes; 0 = rows are contiguous
  PixelFormat format = PixelFormat::kRgb8;
};

// The caller's pixels to draw into, not owned. Any format but kGray8.
struct Canvas {
  std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t row_stride = 0;  // bytes; 0 = rows are contiguous
  PixelFormat format = PixelFormat::kRgb8;
};

struct Box {
  double x = 0;  // of the top left corner, px
  double y = 0;
  double width = 0;
  double height = 0;
};

struct ImageBoxes {
  ImageView image;
  std::vector<Box> boxes;
};

struct Size {
  double width = 0;
  double height = 0;
};

struct Point {
  float x = 0;  // px
  float y = 0;
};

struct Pose {
  std::size_t image = 0;             // index of its image in the call
  std::vector<Point> keypoints;      // K, or fewer with a threshold
  std::vector<float> scores;         // of each keypoint
  std::vector<std::int64_t> labels;  // of each keypoint: its index 0..K-1
  std::array<float, 4> bbox{};       // as Hugging Face returns it
};

// Contiguous, row-major.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

struct Edge {
  int from = 0;  // keypoints
  int to = 0;
};

struct KeypointSet {
  std::string name;
  std::string title;
  std::vector<std::string> keypoint_names;
  std::vector<int> mirror_index;  // the same keypoint in the mirrored picture
  std::vector<double> sigmas;     // empty where not published
  std::vector<Rgb> keypoint_colours;
  std::vector<Edge> edges;
  std::vector<Rgb> edge_colours;
};

// ---- options, for designated initialisers -----------------------------------------------------------------------

enum class Numerics { kHf4 = VITPOSE_HF4, kHf5 = VITPOSE_HF5 };
enum class WarpMatrix { kNumpy2 = VITPOSE_NUMPY2, kNumpy1 = VITPOSE_NUMPY1 };
enum class DType {
  kDefault = VITPOSE_DEFAULT_DTYPE,
  kF32 = VITPOSE_F32,
  kBf16 = VITPOSE_BF16,
  kInt8 = VITPOSE_INT8,
  kInt4 = VITPOSE_INT4
};
enum class Storage {
  kF32 = VITPOSE_STORE_F32,
  kBf16 = VITPOSE_STORE_BF16,
  kInt8 = VITPOSE_STORE_INT8,
  kInt4 = VITPOSE_STORE_INT4
};
enum class Parallel { kAuto = VITPOSE_PARALLEL_AUTO, kCrops = VITPOSE_PARALLEL_CROPS, kOps = VITPOSE_PARALLEL_OPS };

struct ReadOptions {
  std::int64_t max_pixels = 100'000'000;
  bool exif_orientation = false;
};

struct WriteOptions {
  int jpeg_quality = 95;
};

struct LoadOptions {
  std::string backend{};  // "" = native
  std::string isa{};      // "" = the best
  int threads = 0;        // 0 = every processor this process may use
  bool use_mmap = true;
  Numerics numerics = Numerics::kHf4;
  WarpMatrix warp_matrix = WarpMatrix::kNumpy2;
  bool hf_exact = false;
  DType dtype = DType::kDefault;
  bool emulate = false;
  Parallel parallel = Parallel::kAuto;
  DType float_parts = DType::kDefault;  // kF32 or kBf16, for kInt8 and kInt4
};

struct EstimateOptions {
  std::vector<std::int64_t> experts{};  // one per box over all images in order, or one for all
  std::optional<double> threshold{};
  int kernel_size = 11;
  bool flip_test = false;
  std::string keypoint_set{};  // "" = the model's own
  int batch = 8;
};

struct ForwardOptions {
  std::vector<std::int64_t> experts{};  // one per crop, or one for all
  // Not empty: the crops are mirrored ones, and the heatmaps are flipped back, these keypoints changing places.
  std::vector<std::array<std::int32_t, 2>> flip_pairs{};
  Tensor* hidden_states = nullptr;  // receives [L+1,N,T,D] unless null
};

struct PreprocessOptions {
  int crop_height = 256;
  int crop_width = 192;
  bool rescale = true;
  double rescale_factor = 1.0 / 255;
  bool normalize = true;
  std::array<double, 3> mean{0.485, 0.456, 0.406};
  std::array<double, 3> std{0.229, 0.224, 0.225};
  Numerics numerics = Numerics::kHf4;
  WarpMatrix warp_matrix = WarpMatrix::kNumpy2;
};

struct DecodeOptions {
  int crop_height = 256;  // the aspect ratio the boxes were cropped with
  int crop_width = 192;
  std::optional<double> threshold{};
  int kernel_size = 11;
  bool hf_exact = false;
  std::vector<Size> target_sizes{};  // for boxes given in 0..1: the size of each box's image, or one for all
};

enum class Labels { kNone = VITPOSE_LABELS_NONE, kNames = VITPOSE_LABELS_NAMES, kIndices = VITPOSE_LABELS_INDICES };

struct DrawOptions {
  std::vector<std::string> keypoint_sets{};  // one per pose, or one for all; empty: no skeleton
  double threshold = 0.3;
  double radius = 0;     // px; 0 = by the sizes of the subject and the picture
  double thickness = 0;  // px; 0 likewise
  bool keypoints = true;
  bool skeleton = true;
  bool boxes = false;
  Labels labels = Labels::kNone;
  bool score_opacity = true;
};

struct DrawHeatmapOptions {
  int crop_height = 256;  // the aspect ratio the boxes were cropped with
  int crop_width = 192;
  std::optional<int> keypoint{};  // this one's heatmap, else the largest value over all
  double full_scale = 1;          // 0 = each box's own maximum
  double opacity = 0.8;
};

struct ConvertOptions {
  Storage storage = Storage::kF32;
  std::optional<int> expert{};  // keep this one alone
  // For kInt4: pixel_values of crops like those that the model will see, and their experts, one per crop or one for all
  // (vitpose_convert_options tells more). Not copied.
  const Tensor* calibration = nullptr;
  std::vector<std::int64_t> calibration_experts{};
};

}  // namespace vitpose
#endif  // VITPOSE_VALUES_HPP

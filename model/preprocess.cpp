#include "model/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "model/crop_geometry.h"

namespace vitpose::engine {
namespace {

using LevelTable = std::array<float, 256>;

// transformers 4.x and the PIL backend of 5.x: rescale in double, then subtract and divide in f32.
float normalize_hf4(int level, const PreprocessConfig& config, std::size_t channel) {
  float value = static_cast<float>(level);
  if (config.do_rescale) value = static_cast<float>(static_cast<double>(level) * config.rescale_factor);
  if (!config.do_normalize) return value;
  return (value - static_cast<float>(config.mean[channel])) / static_cast<float>(config.std[channel]);
}

// The torch backend of 5.x: the rescaling is folded into mean and standard deviation.
float normalize_hf5(int level, const PreprocessConfig& config, std::size_t channel) {
  const float value = static_cast<float>(level);
  if (!config.do_normalize) return config.do_rescale ? value * static_cast<float>(config.rescale_factor) : value;
  float mean = static_cast<float>(config.mean[channel]);
  float deviation = static_cast<float>(config.std[channel]);
  if (config.do_rescale) {
    const float range = static_cast<float>(1.0 / config.rescale_factor);
    mean *= range;
    deviation *= range;
  }
  return (value - mean) / deviation;
}

struct PixelLayout {
  std::ptrdiff_t bytes;
  std::array<std::ptrdiff_t, 3> channel;  // offset of red, green, blue
};

PixelLayout layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgb8: return {3, {0, 1, 2}};
    case PixelFormat::kBgr8: return {3, {2, 1, 0}};
    case PixelFormat::kRgba8: return {4, {0, 1, 2}};
    case PixelFormat::kBgra8: return {4, {2, 1, 0}};
    case PixelFormat::kGray8: return {1, {0, 0, 0}};
  }
  fail(ErrorCode::kInvalidArgument, "image: expected a pixel format 0..4, found ", static_cast<int>(format));
}

void check_image(const ImageView& image, std::ptrdiff_t pixel_bytes) {
  if (image.data == nullptr || image.width < 1 || image.height < 1) {
    fail(ErrorCode::kInvalidArgument, "image: expected pixels of at least 1x1, found ",
         image.data == nullptr ? "no data, " : "", image.width, "x", image.height);
  }
  const std::ptrdiff_t row_bytes = image.width * pixel_bytes;
  if (image.height > 1 && std::abs(image.row_stride) < row_bytes) {
    fail(ErrorCode::kInvalidArgument, "image: expected rows at least ", row_bytes, " bytes apart, found ",
         image.row_stride);
  }
}

// The two neighbours of a position along one axis, and their weights. The upper weight is 1 - (1 - fraction), which
// is not always the fraction; both roundings belong to the definition.
struct Taps {
  std::ptrdiff_t lower;
  std::ptrdiff_t upper;
  double lower_weight;
  double upper_weight;
};

bool inside(double position, int extent) {
  return position >= 0 && position <= static_cast<double>(extent - 1);
}

Taps taps_at(double position, int extent) {
  const double floor = std::floor(position);
  const auto lower = static_cast<std::ptrdiff_t>(floor);
  const double lower_weight = 1.0 - (position - floor);
  // Beyond the last pixel the weight is zero, so any pixel will do.
  return {lower, std::min<std::ptrdiff_t>(lower + 1, extent - 1), lower_weight, 1.0 - lower_weight};
}

// Columns are handled in blocks, so that their taps lie on the stack whatever the crop's width.
constexpr Index kBlock = 256;

struct ColumnBlock {
  Index first;  // columns [first, last) lie inside the image; positions are monotone, so it is one interval
  Index last;
  std::array<Taps, kBlock> taps;  // in bytes from the row's start
};

void find_columns(const AxisSampling& x, const ImageView& image, std::ptrdiff_t pixel_bytes, Index begin, Index end,
                  ColumnBlock& block) {
  block.first = begin;
  while (block.first < end && !inside(x.position(block.first), image.width)) ++block.first;
  block.last = block.first;
  while (block.last < end && inside(x.position(block.last), image.width)) {
    Taps taps = taps_at(x.position(block.last), image.width);
    taps.lower *= pixel_bytes;
    taps.upper *= pixel_bytes;
    block.taps[static_cast<std::size_t>(block.last - block.first)] = taps;
    ++block.last;
  }
}

// All 256 levels times the weight of a row: with it, the first product of the sampling formula is a look-up.
using WeightedLevels = std::array<double, 256>;

void weigh_levels(double weight, WeightedLevels& levels) {
  for (int level = 0; level < 256; ++level) levels[static_cast<std::size_t>(level)] = level * weight;
}

struct RowSource {
  const std::uint8_t* lower;
  const std::uint8_t* upper;
  WeightedLevels weighted_lower;
  WeightedLevels weighted_upper;
};

// Order-1 interpolation exactly as scipy.ndimage sums it. The sum is never negative and below 255.5 even before
// truncation, so rounding half up needs no clamp.
std::size_t sample(const RowSource& row, const Taps& column, std::ptrdiff_t channel) {
  double sum = row.weighted_lower[row.lower[column.lower + channel]] * column.lower_weight;
  sum += row.weighted_lower[row.lower[column.upper + channel]] * column.upper_weight;
  sum += row.weighted_upper[row.upper[column.lower + channel]] * column.lower_weight;
  sum += row.weighted_upper[row.upper[column.upper + channel]] * column.upper_weight;
  return static_cast<std::size_t>(static_cast<int>(sum + 0.5));
}

}  // namespace

Preprocessor::Preprocessor(const PreprocessConfig& config, const NumericsOptions& numerics)
    : height_(config.height), width_(config.width), warp_matrix_(numerics.warp_matrix) {
  if (!config.do_affine_transform) {
    fail(ErrorCode::kUnsupported, "preprocessing: expected do_affine_transform true, found false (whole images)");
  }
  if (height_ < 1 || width_ < 1) {
    fail(ErrorCode::kInvalidArgument, "preprocessing: expected a crop of at least 1x1, found height ", height_,
         ", width ", width_);
  }
  const auto normalize = numerics.normalization == Normalization::kHf4 ? normalize_hf4 : normalize_hf5;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (int level = 0; level < 256; ++level) {
      normalized_[channel][static_cast<std::size_t>(level)] = normalize(level, config, channel);
    }
  }
}

void Preprocessor::crop(const ImageView& image, const Box& box, float* pixel_values) const {
  const PixelLayout layout = layout_of(image.format);
  check_image(image, layout.bytes);
  const CropSampling sampling = crop_sampling(box, height_, width_, warp_matrix_);
  const Index plane = height_ * width_;
  ColumnBlock columns;
  RowSource source;
  for (Index begin = 0; begin < width_; begin += kBlock) {
    const Index end = std::min(begin + kBlock, width_);
    find_columns(sampling.x, image, layout.bytes, begin, end, columns);
    for (Index r = 0; r < height_; ++r) {
      float* const row = pixel_values + r * width_;
      const double y = sampling.y.position(r);
      const bool visible = inside(y, image.height) && columns.first < columns.last;
      const Index first = visible ? columns.first : end;
      const Index last = visible ? columns.last : end;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        float* const out = row + static_cast<Index>(channel) * plane;
        std::fill(out + begin, out + first, normalized_[channel][0]);
        std::fill(out + last, out + end, normalized_[channel][0]);
      }
      if (!visible) continue;
      const Taps rows = taps_at(y, image.height);
      source.lower = image.data + rows.lower * image.row_stride;
      source.upper = image.data + rows.upper * image.row_stride;
      weigh_levels(rows.lower_weight, source.weighted_lower);
      weigh_levels(rows.upper_weight, source.weighted_upper);
      for (Index c = first; c < last; ++c) {
        const Taps& taps = columns.taps[static_cast<std::size_t>(c - first)];
        for (std::size_t channel = 0; channel < 3; ++channel) {
          row[static_cast<Index>(channel) * plane + c] =
              normalized_[channel][sample(source, taps, layout.channel[channel])];
        }
      }
    }
  }
}

}  // namespace vitpose::engine

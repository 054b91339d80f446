// What the tests of the drawing share: a canvas with guarded surroundings, poses made up for any keypoint set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "draw/canvas.h"
#include "draw/figure.h"

namespace vitpose::engine::testing {

// RGB pixels of one grey; rows lie further apart than they are long, and nothing may write between them.
class TestCanvas {
 public:
  TestCanvas(int width, int height, std::uint8_t grey = 0)
      : width_(width), height_(height), grey_(grey), bytes_(static_cast<std::size_t>(stride() * (height + 2)), kGuard) {
    for (int y = 0; y < height; ++y) {
      for (int i = 0; i < 3 * width; ++i) byte(y, i) = grey;
    }
  }

  Canvas view() { return {&byte(0, 0), width_, height_, stride(), 3, 0, 1, 2}; }
  int width() const { return width_; }
  int height() const { return height_; }
  std::array<std::uint8_t, 3> at(int x, int y) const {
    return {byte(y, 3 * x), byte(y, 3 * x + 1), byte(y, 3 * x + 2)};
  }
  bool touched(int x, int y) const { return at(x, y) != std::array<std::uint8_t, 3>{grey_, grey_, grey_}; }

  int touched_count() const {
    int count = 0;
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) count += touched(x, y) ? 1 : 0;
    }
    return count;
  }
  // No byte outside the pixels was written.
  bool guards_hold() const {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      const auto offset = static_cast<std::ptrdiff_t>(i) - stride();
      const bool inside = offset >= 0 && offset / stride() < height_ && offset % stride() < 3 * width_;
      if (!inside && bytes_[i] != kGuard) return false;
    }
    return true;
  }
  std::vector<std::uint8_t> pixels() const {
    std::vector<std::uint8_t> result;
    for (int y = 0; y < height_; ++y) {
      for (int i = 0; i < 3 * width_; ++i) result.push_back(byte(y, i));
    }
    return result;
  }

 private:
  static constexpr std::uint8_t kGuard = 0xa5;

  std::ptrdiff_t stride() const { return 3 * width_ + 7; }
  std::size_t index(int y, int i) const { return static_cast<std::size_t>((y + 1) * stride() + i); }
  std::uint8_t& byte(int y, int i) { return bytes_[index(y, i)]; }
  std::uint8_t byte(int y, int i) const { return bytes_[index(y, i)]; }

  int width_;
  int height_;
  std::uint8_t grey_;
  std::vector<std::uint8_t> bytes_;
};

// FNV-1a, to compare a picture with the one that was looked at.
inline std::uint64_t checksum(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

// Keypoints of any set on a spiral, so that none lies on another; coordinates are exact in binary.
struct TestPose {
  std::vector<float> keypoints;
  std::vector<float> scores;
  std::vector<std::int64_t> labels;
  Box box;
  const KeypointSet* set = nullptr;

  TestPose(const KeypointSet& keypoint_set, double centre_x, double centre_y, double size)
      : box{centre_x - size / 2, centre_y - size / 2, size, size}, set(&keypoint_set) {
    const auto count = keypoint_set.keypoint_names.size();
    double x = 1;
    double y = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const double reach = size * (0.08 + 0.4 * static_cast<double>(k) / static_cast<double>(count));
      keypoints.push_back(static_cast<float>(centre_x + reach * x));
      keypoints.push_back(static_cast<float>(centre_y + reach * y));
      scores.push_back(0.5f + 0.03125f * static_cast<float>(k % 16));
      labels.push_back(static_cast<std::int64_t>(k));
      const double turned = 0.8 * x - 0.6 * y;  // by the angle of a 3-4-5 triangle
      y = 0.6 * x + 0.8 * y;
      x = turned;
    }
  }

  Figure figure() const {
    Figure result;
    result.keypoints = keypoints;
    result.scores = scores;
    result.labels = labels;
    result.box = &box;
    result.set = set;
    return result;
  }
};

}  // namespace vitpose::engine::testing

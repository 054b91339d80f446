// The extents of a tensor, at most six, outermost first.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace vitpose::engine {

using Index = std::int64_t;

class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<Index> extents) {
    assert(extents.size() <= kMaxRank);
    for (const Index extent : extents) push_back(extent);
  }

  void push_back(Index extent) {
    assert(rank_ < kMaxRank && extent >= 0);
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
  int rank() const noexcept { return rank_; }
  Index operator[](int axis) const {
    assert(axis >= 0 && axis < rank_);
    return extents_[static_cast<std::size_t>(axis)];
  }
  // Number of elements; 1 for rank 0. Whoever reads extents from a file checks the product for overflow first.
  Index count() const noexcept {
    Index product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= extents_[static_cast<std::size_t>(axis)];
    return product;
  }
  friend bool operator==(const Shape& a, const Shape& b) {
    return a.rank_ == b.rank_ && std::equal(a.extents_.begin(), a.extents_.begin() + a.rank_, b.extents_.begin());
  }
  std::string to_string() const {  // "[2,3,256,192]"
    std::string text = "[";
    for (int axis = 0; axis < rank_; ++axis) {
      if (axis > 0) text += ',';
      text += std::to_string((*this)[axis]);
    }
    return text + "]";
  }

 private:
  std::array<Index, kMaxRank> extents_{};
  int rank_ = 0;
};

}  // namespace vitpose::engine

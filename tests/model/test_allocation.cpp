// From the second forward of a size on, nothing is allocated: every operator new of the program is counted.
#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <new>

#include "tests/model/model_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

std::atomic<int> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

void* counted_or_throw(std::size_t bytes, std::size_t alignment) {
  void* memory = counted(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return counted_or_throw(bytes, 16);
}
void* operator new(std::size_t bytes, std::align_val_t a) {
  return counted_or_throw(bytes, static_cast<std::size_t>(a));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes, 16);
}
void* operator new(std::size_t bytes, std::align_val_t a, const std::nothrow_t&) noexcept {
  return counted(bytes, static_cast<std::size_t>(a));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}

TEST_CASE("the second forward of a size allocates nothing") {
  for (const bool simple : {true, false}) {
    for (const Index experts : {1, 3}) {
      const TemporaryFolder folder;
      vitpose::tools::write_random_model(folder / "model", small_model(simple, experts));
      LoadOptions load;
      load.threads = 2;
      const auto estimator = PoseEstimator::load(folder / "model", load);
      const ModelConfig& config = estimator->config();
      const Shape in{4, 3, config.image_height, config.image_width};
      const Shape out{4, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
      const std::vector<float> pixels = random_pixels(in.count(), 1);
      std::vector<float> heatmaps(static_cast<std::size_t>(out.count()));
      const std::vector<std::int64_t> selected{0, 1, 1, 2};
      ForwardOptions options;
      options.experts = selected;
      const auto forward = [&] { estimator->forward({pixels.data(), in}, options, {heatmaps.data(), out}); };
      forward();
      const int before = allocations;
      CHECK(before > 0);
      forward();
      forward();
      CHECK(allocations == before);
    }
  }
}

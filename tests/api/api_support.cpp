#include "tests/api/api_support.h"

namespace vitpose::test {

namespace {

// Made on first use, removed at exit.
class ModelFolder {
 public:
  explicit ModelFolder(const RandomModelOptions& options) : path_(folder_ / "model") {
    tools::write_random_model(path_, options);
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

}  // namespace

RandomModelOptions tiny_options() {
  RandomModelOptions options;
  options.hidden_size = 32;
  options.layers = 2;
  options.heads = 2;
  options.part_features = 8;
  return options;
}

const std::string& plain_model() {
  static const ModelFolder model(tiny_options());
  return model.path();
}

const std::string& expert_model() {
  static const ModelFolder model([] {
    RandomModelOptions options = tiny_options();
    options.experts = 3;
    return options;
  }());
  return model.path();
}

const std::string& classic_model() {
  static const ModelFolder model([] {
    RandomModelOptions options = tiny_options();
    options.image_height = 64;
    options.image_width = 48;
    options.simple_decoder = false;
    return options;
  }());
  return model.path();
}

TestPicture::TestPicture(unsigned seed) : rgb(static_cast<std::size_t>(width * height * 3)) {
  std::uint32_t state = seed * 2654435761u + 12345u;
  for (std::uint8_t& value : rgb) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<std::uint8_t>(state >> 24);
  }
}

const std::vector<Box>& test_boxes() {
  static const std::vector<Box> boxes{
      {10, 5, 30, 40}, {0, 0, 80, 60}, {50.5, 20.25, 18.75, 33.5}, {-10, -20, 60, 50}, {30, 30, 4, 9}};
  return boxes;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape == b.shape && same_bits(a.values, b.values);
}

bool same_bits(const Pose& a, const Pose& b) {
  return same_bits(a.keypoints, b.keypoints) && same_bits(a.scores, b.scores) && a.labels == b.labels &&
         std::memcmp(a.bbox.data(), b.bbox.data(), sizeof(a.bbox)) == 0;
}

bool same_bits(const std::vector<Pose>& a, const std::vector<Pose>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_bits(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace vitpose::test

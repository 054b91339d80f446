#include "tools/vitpose/run/estimation.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace vitpose::tools {

namespace {

constexpr std::size_t kMaxGroupBytes = std::size_t{256} << 20;

std::vector<Box> boxes_of(std::span<const Subject> subjects) {
  std::vector<Box> boxes;
  for (const Subject& subject : subjects) boxes.push_back(subject.box);
  return boxes;
}

// Adds to `largest` [N,1,h,w] the largest value over the keypoints of each crop of `heatmaps` [n,K,h,w].
void add_largest(const Tensor& heatmaps, Tensor& largest) {
  const auto maps = static_cast<std::size_t>(heatmaps.shape[1]);
  const auto area = static_cast<std::size_t>(heatmaps.shape[2] * heatmaps.shape[3]);
  for (std::size_t first = 0; first < heatmaps.values.size(); first += maps * area) {
    for (std::size_t i = 0; i < area; ++i) {
      float value = heatmaps.values[first + i];
      for (std::size_t k = 1; k < maps; ++k) value = std::max(value, heatmaps.values[first + k * area + i]);
      largest.values.push_back(value);
    }
    ++largest.shape[0];
  }
}

}  // namespace

bool Estimation::is_full(std::span<const Work> group) const {
  // transformers' bugs reach across the maps of one call, so hf_exact means one call per picture.
  if (needs_.hf_exact) return !group.empty();
  const auto batch = static_cast<std::size_t>(options_.batch);
  std::size_t boxes = 0;
  std::size_t bytes = 0;
  for (const Work& work : group) {
    boxes += work.result.subjects.size();
    bytes += work.pixel_bytes();
  }
  return boxes >= batch || group.size() >= batch || bytes >= kMaxGroupBytes;
}

void Estimation::estimate(std::span<Work> group) const {
  std::vector<Work*> good;
  for (Work& work : group) {
    if (work.error.empty()) good.push_back(&work);
  }
  if (!estimate_together(good)) {
    for (Work* work : good) estimate_alone(*work);
  }
  if (needs_.pixels) return;
  for (Work& work : group) {
    work.picture.reset();
    work.frame.reset();
    work.image = {};
  }
}

bool Estimation::estimate_together(std::span<Work*> group) const {
  if (needs_.heatmaps || group.size() == 1) return false;
  std::vector<ImageBoxes> images;
  std::vector<std::int64_t> experts;
  for (const Work* work : group) {
    images.push_back({work->image, boxes_of(work->result.subjects)});
    const std::vector<std::int64_t> more = experts_of(work->result.subjects);
    experts.insert(experts.end(), more.begin(), more.end());
  }
  try {
    EstimateOptions options = options_;
    options.experts = std::move(experts);
    for (Pose& pose : estimator_.estimate(images, options)) {
      std::vector<Pose>& poses = group[pose.image]->result.poses;
      poses.push_back(std::move(pose));
    }
    return true;
  } catch (const std::exception&) {  // alone it shows again, with the one whose fault it is
    return false;
  }
}

void Estimation::estimate_alone(Work& work) const {
  if (work.result.subjects.empty() && !needs_.heatmaps) return;  // which hf_exact would refuse
  try {
    if (needs_.heatmaps) return estimate_with_heatmaps(work);
    EstimateOptions options = options_;
    options.experts = experts_of(work.result.subjects);
    work.result.poses = estimator_.estimate(work.image, boxes_of(work.result.subjects), options);
  } catch (const std::exception& error) {
    work.error = work.result.name() + ": " + error.what();
  }
}

void Estimation::estimate_with_heatmaps(Work& work) const {
  DecodeOptions decode_options = estimator_.decode_options();
  decode_options.threshold = options_.threshold;
  decode_options.kernel_size = options_.kernel_size;
  const ModelInfo info = estimator_.info();
  work.heatmaps = {{0, 1, info.heatmap_height, info.heatmap_width}, {}};
  std::span<const Subject> left = work.result.subjects;
  while (!left.empty()) {
    const std::size_t most = needs_.hf_exact ? left.size() : static_cast<std::size_t>(options_.batch);
    const std::span<const Subject> batch = left.first(std::min(most, left.size()));
    left = left.subspan(batch.size());
    const std::vector<Box> boxes = boxes_of(batch);
    const Tensor heatmaps =
        estimator_.forward(estimator_.preprocess(work.image, boxes), {.experts = experts_of(batch)});
    for (Pose& pose : vitpose::decode(heatmaps, boxes, decode_options)) work.result.poses.push_back(std::move(pose));
    add_largest(heatmaps, work.heatmaps);
  }
}

std::vector<std::int64_t> Estimation::experts_of(std::span<const Subject> subjects) const {
  std::vector<std::int64_t> experts;
  if (estimator_.info().experts == 1) return experts;
  for (const Subject& subject : subjects) experts.push_back(subject.expert.value());
  return experts;
}

}  // namespace vitpose::tools

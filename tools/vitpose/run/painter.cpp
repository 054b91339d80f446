#include "tools/vitpose/run/painter.h"

#include <algorithm>
#include <unistd.h>

#include "tools/vitpose/write_all.h"

namespace vitpose::tools {

namespace {

Canvas canvas_of(Work& work) {
  return work.picture ? work.picture->canvas() : Canvas{work.frame.get(), work.image.width, work.image.height};
}

}  // namespace

void Painter::paint(Work& work) const {
  std::vector<Box> boxes;
  for (const Subject& subject : work.result.subjects) boxes.push_back(subject.box);
  if (places_.heatmaps) paint_heatmaps(work, boxes);  // first, because drawn poses would shine through
  if (places_.poses) paint_poses(work, boxes);
}

void Painter::paint_heatmaps(const Work& work, const std::vector<Box>& boxes) const {
  std::vector<std::uint8_t> pixels(work.image.data, work.image.data + work.pixel_bytes());
  const Canvas canvas{pixels.data(), work.image.width, work.image.height};
  draw_heatmaps(canvas, work.heatmaps, boxes, {.crop_height = info_.crop_height, .crop_width = info_.crop_width});
  write_picture(places_.heatmaps->path_for(work.result), {pixels.data(), work.image.width, work.image.height});
}

void Painter::paint_poses(Work& work, const std::vector<Box>& boxes) const {
  DrawOptions options{.threshold = threshold_};
  for (const Subject& subject : work.result.subjects) options.keypoint_sets.push_back(legend_.set(subject));
  const bool unknown = std::count(options.keypoint_sets.begin(), options.keypoint_sets.end(), "") > 0;
  if (unknown) options.keypoint_sets.clear();  // points without a skeleton
  draw_poses(canvas_of(work), work.result.poses, boxes, options);
  if (!places_.poses->is_standard_output()) write_picture(places_.poses->path_for(work.result), work.image);
}

void Painter::show(const Work& work) const {
  if (!places_.poses || !places_.poses->is_standard_output()) return;
  write_all(STDOUT_FILENO, work.image.data, work.pixel_bytes(), "standard output");
}

}  // namespace vitpose::tools

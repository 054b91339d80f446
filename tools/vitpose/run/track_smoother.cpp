#include "tools/vitpose/run/track_smoother.h"

#include <algorithm>
#include <cmath>

namespace vitpose::tools {

namespace {

// The longer side: a limb that moves changes it less than the area. At least a pixel, so that speeds stay finite.
double size_of(const Box& box) {
  return std::max({1.0, std::abs(box.width), std::abs(box.height)});
}

}  // namespace

void TrackSmoother::smooth(ImageResult& frame) {
  std::map<std::int64_t, Track> tracks;
  for (std::size_t i = 0; i < frame.poses.size(); ++i) {
    const Subject& subject = frame.subjects[i];
    if (!subject.track_id && !boxes_are_tracks_) continue;
    const std::int64_t id = subject.track_id.value_or(static_cast<std::int64_t>(i));
    tracks[id] = smooth_pose(frame.poses[i], subject.box, std::move(tracks_[id]));
  }
  tracks_ = std::move(tracks);
}

TrackSmoother::Track TrackSmoother::smooth_pose(Pose& pose, const Box& box, Track previous) const {
  const double unit = size_of(box);
  Track track;
  for (std::size_t i = 0; i < pose.keypoints.size(); ++i) {
    Point& point = pose.keypoints[i];
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;  // no place that could be remembered
    PointFilter& filter = track[pose.labels[i]] = previous[pose.labels[i]];
    point.x = static_cast<float>(filter.x.filter(static_cast<double>(point.x), seconds_, unit));
    point.y = static_cast<float>(filter.y.filter(static_cast<double>(point.y), seconds_, unit));
  }
  return track;
}

}  // namespace vitpose::tools

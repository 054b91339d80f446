// Smooths the poses of a video: one One-Euro filter for each coordinate of each keypoint of each track.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "tools/vitpose/pose_result.h"
#include "tools/vitpose/run/one_euro_filter.h"

namespace vitpose::tools {

class TrackSmoother {
 public:
  // Without tracks told, box i of every frame is track i if `boxes_are_tracks`, else it is left as it is.
  TrackSmoother(double frames_per_second, bool boxes_are_tracks)
      : seconds_(1 / frames_per_second), boxes_are_tracks_(boxes_are_tracks) {}

  // Replaces the keypoints of the next frame's poses; scores stay. What is not in this frame (a track, or a keypoint
  // below the threshold) begins anew when it comes back: a place from before says nothing about where it is now.
  void smooth(ImageResult& frame);

  // The next frame failed: all tracks begin anew.
  void skip_frame() { tracks_.clear(); }

 private:
  struct PointFilter {
    OneEuroFilter x, y;
  };
  using Track = std::map<std::int64_t, PointFilter>;  // by the keypoint's label

  Track smooth_pose(Pose& pose, const Box& box, Track previous) const;

  double seconds_;
  bool boxes_are_tracks_;
  std::map<std::int64_t, Track> tracks_;  // of the last frame
};

}  // namespace vitpose::tools

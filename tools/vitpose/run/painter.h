// Draws results into their pictures (--draw, --draw-heatmaps).
#pragma once

#include <optional>

#include "tools/vitpose/keypoint_legend.h"
#include "tools/vitpose/run/drawing_place.h"
#include "tools/vitpose/run/work.h"

namespace vitpose::tools {

class Painter {
 public:
  // A place that is empty: nothing of that is drawn.
  struct Places {
    std::optional<DrawingPlace> poses;
    std::optional<DrawingPlace> heatmaps;
  };
  Painter(Places places, const PoseEstimator& estimator, const KeypointLegend& legend, double threshold)
      : places_(std::move(places)), info_(estimator.info()), legend_(legend), threshold_(threshold) {}

  // Writes the files of one that was estimated. Its pixels hold the poses then.
  void paint(Work& work) const;
  // Standard output, if that is the place: every frame, whether it was estimated or not, so that the video stays whole.
  void show(const Work& work) const;

 private:
  void paint_heatmaps(const Work& work, const std::vector<Box>& boxes) const;
  void paint_poses(Work& work, const std::vector<Box>& boxes) const;

  Places places_;
  ModelInfo info_;
  const KeypointLegend& legend_;
  double threshold_;
};

}  // namespace vitpose::tools

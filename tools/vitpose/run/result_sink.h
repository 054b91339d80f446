// The end of the line: smooths, draws, writes, counts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "tools/vitpose/pose_writer.h"
#include "tools/vitpose/run/painter.h"
#include "tools/vitpose/run/progress.h"
#include "tools/vitpose/run/track_smoother.h"
#include "tools/vitpose/run/work.h"

namespace vitpose::tools {

class ResultSink : public Sink {
 public:
  // `alone`: there is but one picture, so that its failure is the command's. Of several, each that fails is told in the
  // output, and the rest goes on.
  ResultSink(PoseWriter& writer, std::optional<TrackSmoother> smoother, const Painter& painter, Progress& progress,
             bool alone)
      : writer_(writer), smoother_(std::move(smoother)), painter_(painter), progress_(progress), alone_(alone) {}

  void take(Work work) override;
  void finish() override { writer_.finish(); }

  // Error when some failed: how many, and the first one's reason. `what`: "pictures".
  void require_no_failures(const std::string& what) const;

 private:
  void paint(Work& work) const;
  void fail(const Work& work);

  PoseWriter& writer_;
  std::optional<TrackSmoother> smoother_;
  const Painter& painter_;
  Progress& progress_;
  bool alone_;
  std::size_t taken_ = 0;
  std::size_t failures_ = 0;
  std::string first_failure_;
};

}  // namespace vitpose::tools

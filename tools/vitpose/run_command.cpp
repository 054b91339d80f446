// vitpose run: pictures or video, and boxes, to poses. Uses the library as everyone else does, through its public
// headers.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "tools/vitpose/commands.h"
#include "tools/vitpose/keypoint_legend.h"
#include "tools/vitpose/pose_writer.h"
#include "tools/vitpose/run/box_plan.h"
#include "tools/vitpose/run/estimation.h"
#include "tools/vitpose/run/frame_source.h"
#include "tools/vitpose/run/painter.h"
#include "tools/vitpose/run/picture_list.h"
#include "tools/vitpose/run/picture_source.h"
#include "tools/vitpose/run/pipeline.h"
#include "tools/vitpose/run/progress.h"
#include "tools/vitpose/run/result_sink.h"
#include "tools/vitpose/run/resume.h"
#include "tools/vitpose/run/run_arguments.h"

namespace vitpose::tools {

namespace {

class Run {
 public:
  explicit Run(const RunArguments& arguments)
      : arguments_(arguments),
        paths_(list_pictures(arguments.words)),
        boxes_(read_boxes(), arguments.boxes.boxes(), arguments.expert),
        estimator_(arguments.model.load()),
        legend_(estimator_, arguments.estimate.keypoint_set) {
    require_output_is_no_input();
    require_experts();
    require_tracks();
    require_image_ids();
    require_small_frames();
  }

  void run() {
    const Painter painter({place_of(arguments_.draw), place_of(arguments_.draw_heatmaps)}, estimator_, legend_,
                          arguments_.draw_threshold);
    const std::vector<bool> finished = find_finished();
    const std::unique_ptr<Source> source = make_source(finished);
    const std::unique_ptr<PoseWriter> writer = make_writer();
    Progress progress(arguments_.model.verbosity.quiet || shows_results(), count_without(finished));
    ResultSink sink(*writer, make_smoother(), painter, progress, paths_.size() == 1);
    const Estimation estimation(estimator_, arguments_.estimate,
                                {.pixels = !arguments_.draw.empty() || !arguments_.draw_heatmaps.empty(),
                                 .heatmaps = !arguments_.draw_heatmaps.empty(),
                                 .hf_exact = arguments_.model.options.hf_exact});
    run_pipeline(*source, estimation, sink, static_cast<std::size_t>(arguments_.estimate.batch));
    sink.require_no_failures(arguments_.is_video() ? "frames" : "pictures");
  }

 private:
  std::optional<ListedImages> read_boxes() const {
    const std::string& file = arguments_.boxes_file;
    if (file.empty()) return std::nullopt;
    return arguments_.is_video() ? read_frame_boxes(file) : read_picture_boxes(file, paths_);
  }

  std::optional<DrawingPlace> place_of(const std::string& output) const {
    if (output.empty()) return std::nullopt;
    return arguments_.is_video() ? DrawingPlace::for_frames(output) : DrawingPlace::for_pictures(output, paths_);
  }

  // By an earlier run.
  std::vector<bool> find_finished() const {
    if (!arguments_.resume) return std::vector<bool>(paths_.size(), false);
    return finished_among(paths_, keep_finished_lines(arguments_.output.path));
  }

  std::unique_ptr<Source> make_source(const std::vector<bool>& finished) const {
    if (arguments_.is_video()) {
      return std::make_unique<FrameSource>(STDIN_FILENO, arguments_.frame_size(), boxes_);
    }
    return std::make_unique<PictureSource>(paths_, boxes_, arguments_.pictures.read, finished);
  }

  std::unique_ptr<PoseWriter> make_writer() const {
    return PoseWriter::make(
        {.format = arguments_.output_format(),
         .path = arguments_.output.file(),
         .legend = legend_,
         .existing = arguments_.resume ? LineFile::Existing::kAppend : LineFile::Existing::kReplace});
  }

  std::optional<TrackSmoother> make_smoother() const {
    if (!arguments_.smooth) return std::nullopt;
    return TrackSmoother(arguments_.frames_per_second, boxes_.same_everywhere());
  }

  // On the terminal, where progress would stand in the same lines.
  bool shows_results() const { return arguments_.output.path == "-" && ::isatty(STDOUT_FILENO) == 1; }

  // Unknown for a stream.
  std::optional<std::size_t> count_without(const std::vector<bool>& finished) const {
    if (arguments_.is_video()) return std::nullopt;
    return static_cast<std::size_t>(std::count(finished.begin(), finished.end(), false));
  }

  std::string name(std::size_t image) const {
    return arguments_.is_video() ? "frame " + std::to_string(image) : paths_[image];
  }

  // The results would take the place of what they are made from; of a model that is mapped, while it is used.
  void require_output_is_no_input() const {
    const std::string output = arguments_.output.file();
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(output, ignored)) return;
    const auto require_other = [&](const std::string& input) {
      if (!std::filesystem::equivalent(output, input, ignored)) return;
      throw std::runtime_error(output + ": expected another file for the results than '" + input +
                               "', which they are made from");
    };
    require_other(arguments_.model.path);
    require_other(arguments_.boxes_file);
    for (const std::string& path : paths_) require_other(path);
  }

  // Before any work: a model with several experts must be told which, for every box.
  void require_experts() const {
    const int experts = estimator_.info().experts;
    if (experts > 1 && arguments_.expert && (*arguments_.expert < 0 || *arguments_.expert >= experts)) {
      throw std::runtime_error("--expert: expected 0 to " + std::to_string(experts - 1) + ", found " +
                               std::to_string(*arguments_.expert));
    }
    const std::optional<std::size_t> image = boxes_.first_without_expert();
    if (experts == 1 || !image) return;
    throw std::runtime_error(name(*image) + ": expected an expert (0 to " + std::to_string(experts - 1) +
                             ") for every box, from --expert or the --boxes file, found none");
  }

  void require_tracks() const {
    if (!arguments_.smooth || boxes_.same_everywhere() || boxes_.has_tracks()) return;
    throw std::runtime_error(arguments_.boxes_file +
                             ": expected boxes with a track_id, because --smooth follows tracks, found none");
  }

  void require_image_ids() const {
    if (arguments_.output_format() != "coco") return;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (!boxes_.has_subjects(i) || boxes_.image_id(i) || image_id_of(paths_[i])) continue;
      throw std::runtime_error(paths_[i] + ": expected a numeric file name or a --boxes file with image_id, " +
                               "because COCO results name pictures by number");
    }
  }

  void require_small_frames() const {
    if (!arguments_.is_video()) return;
    const std::int64_t limit = arguments_.pictures.read.max_pixels;
    const std::int64_t pixels = std::int64_t{arguments_.frame_size().width} * arguments_.frame_size().height;
    if (pixels <= limit) return;
    throw std::runtime_error("--raw " + arguments_.raw + ": expected at most " + std::to_string(limit) +
                             " pixels (--max-pixels), found " + std::to_string(pixels));
  }

  const RunArguments& arguments_;
  std::vector<std::string> paths_;
  BoxPlan boxes_;
  PoseEstimator estimator_;
  KeypointLegend legend_;
};

}  // namespace

void add_run_command(Command program) {
  Command command = program.add_subcommand("run", "Pictures or video, and boxes, to poses");
  const auto arguments = std::make_shared<RunArguments>();
  arguments->add_to(command);
  command.callback([arguments] {
    arguments->check_usage();
    Run(*arguments).run();
  });
}

}  // namespace vitpose::tools

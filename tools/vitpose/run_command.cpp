// vitpose run: pictures and boxes to poses. Uses the library as everyone else does, through its public headers.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <utility>

#include "tools/vitpose/boxes_file.h"
#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"
#include "tools/vitpose/pose_writer.h"

namespace vitpose::tools {

namespace {

struct RunArguments {
  ModelArguments model;
  PictureArguments pictures;
  BoxArguments boxes;
  OutputArgument output;
  std::vector<std::string> paths;
  std::string boxes_file;
  std::string format = "json";
  std::optional<std::int64_t> expert;
  EstimateOptions estimate;
};

// A picture, its boxes and, once it has been read, its pixels.
struct Input {
  ImageResult result;
  std::optional<Picture> picture;
};

class Run {
 public:
  explicit Run(const RunArguments& arguments)
      : arguments_(arguments),
        inputs_(list_inputs()),
        estimator_(arguments.model.load()),
        writer_(PoseWriter::make(arguments.format, arguments.output.file(), estimator_.keypoint_names())) {
    require_experts();
  }

  // Pictures are taken together until their boxes fill a batch. Every picture of several that fails is told in the
  // output, and the rest goes on.
  void run() {
    std::vector<Input*> group;
    std::size_t boxes = 0;
    for (Input& input : inputs_) {
      if (!read(input)) continue;
      group.push_back(&input);
      boxes += input.result.subjects.size();
      // transformers' bugs reach across the maps of one call, so hf_exact means one call per picture.
      if (boxes >= batch() || group.size() >= batch() || arguments_.model.options.hf_exact) {
        estimate(std::exchange(group, {}));
        boxes = 0;
      }
    }
    if (!group.empty()) estimate(group);
    writer_->finish();
    if (failures_ > 0) {
      throw std::runtime_error(std::to_string(failures_) + " of " + std::to_string(inputs_.size()) +
                               " pictures failed, the first: " + first_failure_);
    }
  }

 private:
  std::size_t batch() const { return static_cast<std::size_t>(arguments_.estimate.batch); }

  std::vector<Input> list_inputs() const {
    std::vector<Input> inputs(arguments_.paths.size());
    std::vector<ListedImage> listed(inputs.size());
    if (!arguments_.boxes_file.empty()) listed = read_boxes_file(arguments_.boxes_file, arguments_.paths);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      ImageResult& result = inputs[i].result;
      result.path = arguments_.paths[i];
      result.id = listed[i].id ? listed[i].id : image_id_of(result.path);
      result.subjects = std::move(listed[i].subjects);
      for (const Box& box : arguments_.boxes.boxes()) result.subjects.push_back({.box = box, .expert = {}});
      if (arguments_.format == "coco" && !result.id && (whole_pictures() || !result.subjects.empty())) {
        throw std::runtime_error(result.path + ": expected a numeric file name or a --boxes file with image_id, " +
                                 "because COCO results name pictures by number");
      }
      for (Subject& subject : result.subjects) {
        if (!subject.expert) subject.expert = arguments_.expert;
      }
    }
    return inputs;
  }

  bool whole_pictures() const { return arguments_.boxes_file.empty() && arguments_.boxes.texts.empty(); }

  // Before any work: a model with several experts must be told which, for every box.
  void require_experts() const {
    const int experts = estimator_.info().experts;
    if (experts == 1 || arguments_.expert) return;
    for (const Input& input : inputs_) {
      const bool all = std::all_of(input.result.subjects.begin(), input.result.subjects.end(),
                                   [](const Subject& subject) { return subject.expert.has_value(); });
      if (!all || whole_pictures()) {
        throw std::runtime_error(input.result.path + ": expected an expert (0 to " + std::to_string(experts - 1) +
                                 ") for every box, from --expert or the --boxes file, found none");
      }
    }
  }

  bool read(Input& input) {
    try {
      input.picture = Picture::read(input.result.path, arguments_.pictures.read);
    } catch (const std::exception& error) {
      fail(input, error);
      return false;
    }
    const ImageView image = input.picture->image();
    input.result.width = image.width;
    input.result.height = image.height;
    if (whole_pictures()) {
      const Box whole{0, 0, static_cast<double>(image.width), static_cast<double>(image.height)};
      input.result.subjects = {{.box = whole, .expert = arguments_.expert}};
    }
    return true;
  }

  void estimate(const std::vector<Input*>& group) {
    try {
      const std::vector<Pose> poses = estimator_.estimate(images_of(group), options_for(group));
      for (const Pose& pose : poses) group[pose.image]->result.poses.push_back(pose);
    } catch (const std::exception& error) {
      if (group.size() == 1) return fail(*group.front(), error);
      for (Input* input : group) estimate({input});  // to find out whose fault it is
      return;
    }
    for (Input* input : group) {
      writer_->add(input->result);
      *input = {};
    }
  }

  static std::vector<ImageBoxes> images_of(const std::vector<Input*>& group) {
    std::vector<ImageBoxes> images;
    for (const Input* input : group) {
      images.push_back({input->picture->image(), {}});
      for (const Subject& subject : input->result.subjects) images.back().boxes.push_back(subject.box);
    }
    return images;
  }

  EstimateOptions options_for(const std::vector<Input*>& group) const {
    EstimateOptions options = arguments_.estimate;
    if (estimator_.info().experts == 1) return options;
    for (const Input* input : group) {
      for (const Subject& subject : input->result.subjects) options.experts.push_back(subject.expert.value());
    }
    return options;
  }

  // With one picture its error is the command's; of several the others go on.
  void fail(Input& input, const std::exception& error) {
    if (inputs_.size() == 1) throw std::runtime_error(error.what());
    if (failures_++ == 0) first_failure_ = error.what();
    writer_->add_failed(input.result.path, error.what());
    input = {};
  }

  const RunArguments& arguments_;
  std::vector<Input> inputs_;
  PoseEstimator estimator_;
  std::unique_ptr<PoseWriter> writer_;
  std::size_t failures_ = 0;
  std::string first_failure_;
};

}  // namespace

void add_run_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "Pictures and boxes to poses");
  const auto arguments = std::make_shared<RunArguments>();
  arguments->model.add_to(*command);
  command->add_option("IMAGE", arguments->paths, "PNG, JPEG or BMP files")->required();
  CLI::Option* box = arguments->boxes.add_to(*command);
  command
      ->add_option("--boxes", arguments->boxes_file,
                   "COCO dataset, detections, or a list of {file_name|image_id, bbox, score?, expert?}")
      ->type_name("FILE.json")
      ->excludes(box);
  command->add_option("--expert", arguments->expert, "Expert (dataset_index) of boxes that do not name one");
  command->add_option("--threshold", arguments->estimate.threshold, "Keep only keypoints with a higher score");
  CLI::Option* flip = command->add_flag("--flip-test", arguments->estimate.flip_test,
                                        "Average the heatmaps of the crop and of its mirror image");
  command
      ->add_option("--keypoint-set", arguments->estimate.keypoint_set,
                   "Keypoint set that says which keypoints mirror each other, instead of the model's own")
      ->needs(flip);
  command->add_option("--batch", arguments->estimate.batch, "Crops per forward; bounds memory, never changes a bit")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  arguments->pictures.add_to(*command);
  arguments->output.add_to(*command, "Where the poses go (default: standard output)");
  command->add_option("--format", arguments->format, "Form of the output")
      ->check(CLI::IsMember({"json", "jsonl", "coco", "csv", "text"}))
      ->capture_default_str();
  command->callback([arguments] { Run(*arguments).run(); });
}

}  // namespace vitpose::tools

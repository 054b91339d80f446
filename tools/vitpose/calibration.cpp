#include "tools/vitpose/calibration.h"

#include <algorithm>
#include <stdexcept>

#include "tools/vitpose/run/box_plan.h"
#include "tools/vitpose/run/picture_list.h"

namespace vitpose::tools {

namespace {

constexpr std::size_t kMostCrops = 256;

struct PlannedCrop {
  std::size_t picture;
  std::size_t subject;  // of the picture
};

std::vector<PlannedCrop> list_crops(const BoxPlan& plan, std::size_t pictures, std::optional<int> kept) {
  std::vector<PlannedCrop> all;
  for (std::size_t picture = 0; picture < pictures; ++picture) {
    const std::vector<Subject> subjects = plan.subjects(picture, 0, 0);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      if (!kept || subjects[i].expert.value_or(*kept) == *kept) all.push_back({picture, i});
    }
  }
  std::vector<PlannedCrop> chosen;
  for (std::size_t i = 0; i < std::min(all.size(), kMostCrops); ++i) {
    chosen.push_back(all[i * all.size() / std::min(all.size(), kMostCrops)]);
  }
  return chosen;
}

}  // namespace

void CalibrationArguments::add_to(Command command) {
  const Option calibrate =
      command
          .add_option("--calibrate", words,
                      "For int4: a picture, a folder or a pattern ('*.jpg') of what the model will see; any number of "
                      "times. At most 256 boxes of them are used")
          .one_value();
  command.add_option("--boxes", boxes_file, "The boxes in those pictures, as run takes them; else each is one box")
      .needs(calibrate);
  pictures.add_to(command);
}

Calibration read_calibration(const CalibrationArguments& arguments, const std::string& model, std::optional<int> kept) {
  const std::vector<std::string> paths = list_pictures(arguments.words);
  std::optional<ListedImages> listed;
  if (!arguments.boxes_file.empty()) listed = read_picture_boxes(arguments.boxes_file, paths);
  const BoxPlan plan(std::move(listed), {}, std::nullopt);
  const std::vector<PlannedCrop> crops = list_crops(plan, paths.size(), kept);
  if (crops.empty()) throw std::runtime_error("--calibrate: expected a box or more in the pictures, found none");

  const PoseEstimator estimator = PoseEstimator::load(model);
  Calibration result;
  for (std::size_t i = 0; i < crops.size();) {
    const std::string& path = paths[crops[i].picture];
    const Picture picture = Picture::read(path, arguments.pictures.read);
    const ImageView image = picture.image();
    const std::vector<Subject> subjects = plan.subjects(crops[i].picture, image.width, image.height);
    std::vector<Box> boxes;
    for (const std::size_t same = crops[i].picture; i < crops.size() && crops[i].picture == same; ++i) {
      const Subject& subject = subjects[crops[i].subject];
      boxes.push_back(subject.box);
      if (estimator.info().experts == 1 || kept) continue;
      if (!subject.expert) {
        throw std::runtime_error(path + ": expected an expert (0 to " + std::to_string(estimator.info().experts - 1) +
                                 ") for every box, from the --boxes file, found none");
      }
      result.experts.push_back(*subject.expert);
    }
    const Tensor pixel_values = estimator.preprocess(image, boxes);
    result.pixel_values.values.insert(result.pixel_values.values.end(), pixel_values.values.begin(),
                                      pixel_values.values.end());
    result.pixel_values.shape = pixel_values.shape;
  }
  result.pixel_values.shape[0] = static_cast<std::int64_t>(crops.size());
  return result;
}

}  // namespace vitpose::tools

#include "tools/vitpose/run/run_arguments.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "tools/vitpose/numbers.h"

namespace vitpose::tools {

namespace {

constexpr double kMaxRate = 1e6;  // Hz

std::optional<FrameSize> parse_frame_size(std::string_view text) {
  const std::size_t x = text.find('x');
  if (x == std::string_view::npos) return std::nullopt;
  const auto side = [](std::string_view digits) {
    int value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return result.ec == std::errc() && result.ptr == digits.data() + digits.size() ? value : 0;
  };
  const FrameSize size{side(text.substr(0, x)), side(text.substr(x + 1))};
  if (size.width < 1 || size.height < 1) return std::nullopt;
  return size;
}

std::string check_frame_size(const std::string& text) {
  return parse_frame_size(text) ? std::string() : "expected WxH, found '" + text + "'";
}

// An empty word is most often a variable of a script that was never set, and no wish to go without.
std::string check_not_empty(const std::string& text) {
  return text.empty() ? "expected a name, found ''" : std::string();
}

// Whether it is a number in other respects is checked when it is read.
std::string check_not_nan(const std::string& text) {
  return std::isnan(std::strtod(text.c_str(), nullptr)) ? "expected a number, found '" + text + "'" : std::string();
}

std::string check_rate(const std::string& text) {
  const std::optional<double> value = parse_number(text);
  const bool good = value && *value > 0 && *value <= kMaxRate;  // false for NaN, too
  return good ? std::string() : "expected a number above 0 and at most 1000000, found '" + text + "'";
}

// Two spellings of one file or folder, whether it exists or not.
bool is_same_place(const std::string& a, const std::string& b) {
  const auto plain = [](const std::string& path) {
    std::error_code error;
    const std::filesystem::path given = std::filesystem::absolute(path, error);
    std::filesystem::path whole = std::filesystem::weakly_canonical(given, error);
    if (error) whole = given.lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
  };
  return plain(a) == plain(b);
}

}  // namespace

FrameSize RunArguments::frame_size() const {
  return parse_frame_size(raw).value();
}

void RunArguments::add_to(Command command) {
  model.add_to(command);
  const Option raw_video = add_inputs(command);
  const Option flip_test = add_estimation(command);
  const Option smoothing = add_smoothing(command);
  add_outputs(command, raw_video, smoothing);
  add_drawing(command, flip_test);
}

Option RunArguments::add_inputs(Command command) {
  const Option images =
      command.add_option("IMAGE", words, "Pictures (PNG, JPEG, BMP), folders of them, or patterns ('*.jpg')");
  const Option box = boxes.add_to(command);
  command
      .add_option("--boxes", boxes_file,
                  "COCO dataset, detections, or a list of {file_name|image_id|frame, bbox, score?, expert?, track_id?}")
      .type_name("FILE.json")
      .check(check_not_empty)
      .excludes(box);
  pictures.add_to(command);
  return command
      .add_option("--raw", raw, "Read video from standard input instead: frames of this size, RGB, 3 bytes a pixel")
      .type_name("WxH")
      .check(check_frame_size)
      .excludes(images);
}

Option RunArguments::add_estimation(Command command) {
  command.add_option("--expert", expert, "Expert (dataset_index) of boxes that do not name one");
  command
      .add_option("--keypoint-set", estimate.keypoint_set,
                  "What the keypoints are (names, skeleton, mirror pairs), instead of the model's own")
      .check(check_not_empty);
  command.add_option("--threshold", estimate.threshold, "Keep only keypoints with a higher score").check(check_not_nan);
  command.add_option("--batch", estimate.batch, "Crops per forward; bounds memory, never changes a bit")
      .range(1, 1 << 20)
      .show_default();
  return command.add_flag("--flip-test", estimate.flip_test,
                          "Average the heatmaps of the crop and of its mirror image");
}

Option RunArguments::add_smoothing(Command command) {
  const Option flag = command.add_flag("--smooth", smooth,
                                       "Smooth each track's keypoints over the frames (of pictures: in their order)");
  command.add_option("--fps", frames_per_second, "Frames per second, for --smooth")
      .check(check_rate)
      .show_default()
      .needs(flag);
  return flag;
}

void RunArguments::add_outputs(Command command, Option raw_video, Option smoothing) {
  output.add_to(command, "Where the poses go (default: standard output)");
  command.add_option("--format", format, "Form of the output (default: json; of --raw: jsonl)")
      .one_of({"json", "jsonl", "coco", "csv", "text"});
  command.add_flag("--resume", resume, "Go on where an earlier run with the same -o FILE was interrupted")
      .excludes(raw_video)
      .excludes(smoothing);
}

void RunArguments::add_drawing(Command command, Option flip_test) {
  const Option drawing =
      command
          .add_option(
              "--draw", draw,
              "Draw the poses: a file for one picture, else a folder; of --raw also -, frames on standard output")
          .type_name("OUT")
          .check(check_not_empty);
  command.add_option("--draw-threshold", draw_threshold, "Draw keypoints with a higher score")
      .check(check_not_nan)
      .show_default()
      .needs(drawing);
  command.add_option("--draw-heatmaps", draw_heatmaps, "Draw the heatmaps: a file for one picture, else a folder")
      .type_name("OUT")
      .check(check_not_empty)
      .excludes(flip_test);
}

void RunArguments::check_usage() const {
  if (words.empty() && !is_video()) throw UsageError("IMAGE or --raw is required");
  if (resume && (output_format() != "jsonl" || output.path == "-")) {
    throw UsageError("--resume needs --format jsonl and -o FILE");
  }
  if (draw == "-" && (!is_video() || output.path == "-")) {
    throw UsageError("--draw - needs --raw, and -o FILE for the poses");
  }
  if (draw_heatmaps == "-") throw UsageError("--draw-heatmaps: expected a file or folder, found '-'");
  if (!draw.empty() && !draw_heatmaps.empty() && is_same_place(draw, draw_heatmaps)) {
    throw UsageError("--draw-heatmaps: expected another place than that of --draw, found '" + draw_heatmaps + "'");
  }
}

}  // namespace vitpose::tools

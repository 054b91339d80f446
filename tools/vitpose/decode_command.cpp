// vitpose decode: heatmaps.npy and their boxes to poses.
#include <memory>

#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"
#include "tools/vitpose/npy_tensor.h"
#include "tools/vitpose/pose_writer.h"

namespace vitpose::tools {

namespace {

struct DecodeArguments {
  std::string heatmaps;
  BoxArguments boxes;
  DecodeOptions options;
  OutputArgument output;
};

void decode_file(const DecodeArguments& arguments) {
  const Tensor heatmaps = read_f32_npy(arguments.heatmaps);
  ImageResult result;
  result.path = arguments.heatmaps;
  for (const Box& box : arguments.boxes.boxes()) result.subjects.push_back({.box = box, .expert = {}, .track_id = {}});
  result.poses = decode(heatmaps, arguments.boxes.boxes(), arguments.options);
  const auto writer = PoseWriter::make({.path = arguments.output.file()});
  writer->add(result);
  writer->finish();
}

}  // namespace

void add_decode_command(Command program) {
  Command command = program.add_subcommand("decode", "heatmaps [N,K,h,w] of 256x192 crops, and boxes, to poses");
  const auto arguments = std::make_shared<DecodeArguments>();
  command.add_option("HEATMAPS", arguments->heatmaps, "A .npy file").required();
  arguments->boxes.add_to(command).required();
  command.add_option("--threshold", arguments->options.threshold, "Keep only keypoints with a higher score");
  command.add_option("--kernel-size", arguments->options.kernel_size, "Of the Gaussian that smooths the heatmaps")
      .show_default();
  command.add_flag("--hf-exact", arguments->options.hf_exact, "Also repeat transformers' known bugs, bit for bit");
  arguments->output.add_to(command, "Where the poses go (default: standard output)");
  command.callback([arguments] { decode_file(*arguments); });
}

}  // namespace vitpose::tools

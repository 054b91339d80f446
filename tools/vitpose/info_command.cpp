// vitpose info: what a model is.
#include <cstdio>
#include <memory>

#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"

namespace vitpose::tools {

namespace {

void print_info(const ModelArguments& arguments) {
  ModelArguments quiet = arguments;
  quiet.verbosity = {.quiet = true};  // the notes are part of the answer here
  const PoseEstimator estimator = quiet.load();
  const ModelInfo info = estimator.info();
  std::printf("model         %s\n", arguments.path.c_str());
  std::printf("backbone      hidden size %d, %d layers, %d heads, feed-forward %d\n", info.hidden_size, info.layers,
              info.heads, info.feed_forward_size);
  if (info.experts > 1) {
    std::printf("experts       %d, %d of %d features each\n", info.experts, info.part_features, info.hidden_size);
  } else {
    std::printf("experts       1\n");
  }
  std::printf("decoder       %s\n", info.simple_decoder ? "simple" : "classic");
  std::printf("crop          %d x %d px (height x width), %d tokens\n", info.crop_height, info.crop_width, info.tokens);
  std::printf("heatmaps      %d x %d\n", info.heatmap_height, info.heatmap_width);
  std::printf("weights       %s\n", estimator.storage().c_str());
  std::printf("runs on       %s, %d threads\n", estimator.backend().c_str(), info.threads);
  std::printf("arithmetic    %s, float parts %s\n", name_of(estimator.dtype()), name_of(estimator.float_parts()));
  std::printf("keypoints     %d\n", info.keypoints);
  const std::vector<std::string> names = estimator.keypoint_names();
  for (std::size_t k = 0; k < names.size(); ++k) std::printf("  %3zu %s\n", k, names[k].c_str());
  for (const std::string& note : estimator.notes()) std::printf("note          %s\n", note.c_str());
}

}  // namespace

void add_info_command(Command program) {
  Command command = program.add_subcommand("info", "What a model is");
  const auto arguments = std::make_shared<ModelArguments>();
  arguments->add_to(command);
  command.callback([arguments] { print_info(*arguments); });
}

}  // namespace vitpose::tools

// vitpose forward: pixel_values.npy to heatmaps.npy.
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"
#include "tools/vitpose/npy_tensor.h"

namespace vitpose::tools {

namespace {

struct ForwardArguments {
  ModelArguments model;
  std::string pixel_values;
  std::vector<std::int64_t> experts;
  std::vector<std::string> flip_pairs;
  std::string hidden_states;
  OutputArgument output;
};

// hidden_state_00.npy is the embedding, hidden_state_01.npy the first layer's output, ...; each [N,T,D].
void write_hidden_states(const std::string& folder, const Tensor& states) {
  std::filesystem::create_directories(folder);
  const auto count = static_cast<std::size_t>(states.shape.front());
  const std::size_t size = states.values.size() / count;
  for (std::size_t i = 0; i < count; ++i) {
    char name[64];
    std::snprintf(name, sizeof(name), "hidden_state_%02zu.npy", i);
    const auto first = states.values.begin() + static_cast<std::ptrdiff_t>(i * size);
    const Tensor state{{states.shape.begin() + 1, states.shape.end()},
                       {first, first + static_cast<std::ptrdiff_t>(size)}};
    write_f32_npy((std::filesystem::path(folder) / name).string(), state);
  }
}

// "5-6" is the pair of keypoints 5 and 6.
std::array<std::int32_t, 2> flip_pair(const std::string& text) {
  std::array<std::int32_t, 2> pair{};
  const char* const end = text.data() + text.size();
  const auto [dash, error] = std::from_chars(text.data(), end, pair[0]);
  if (error == std::errc() && dash != end && *dash == '-') {
    const auto [rest, second_error] = std::from_chars(dash + 1, end, pair[1]);
    if (second_error == std::errc() && rest == end) return pair;
  }
  throw UsageError("--flip-pairs: expected pairs like 1-2,3-4, found '" + text + "'");
}

void forward_file(const ForwardArguments& arguments) {
  const PoseEstimator estimator = arguments.model.load();
  const Tensor pixel_values = read_f32_npy(arguments.pixel_values);
  Tensor states;
  const bool wants_states = !arguments.hidden_states.empty();
  ForwardOptions options{.experts = arguments.experts, .hidden_states = wants_states ? &states : nullptr};
  for (const std::string& pair : arguments.flip_pairs) options.flip_pairs.push_back(flip_pair(pair));
  const Tensor heatmaps = estimator.forward(pixel_values, options);
  if (wants_states) write_hidden_states(arguments.hidden_states, states);
  write_f32_npy(arguments.output.file(), heatmaps);
}

}  // namespace

void add_forward_command(Command program) {
  Command command = program.add_subcommand("forward", "pixel_values [N,3,H,W] to heatmaps [N,K,h,w]");
  const auto arguments = std::make_shared<ForwardArguments>();
  arguments->model.add_to(command);
  command.add_option("PIXEL_VALUES", arguments->pixel_values, "A .npy file").required();
  command.add_option("--expert", arguments->experts, "Expert (dataset_index) of all crops, or of each: i,j,k")
      .separated_by(',')
      .one_value();
  command
      .add_option("--flip-pairs", arguments->flip_pairs,
                  "The crops are mirrored ones: flip the heatmaps back, these keypoints changing places")
      .separated_by(',')
      .one_value()
      .type_name("I-J,...");
  command.add_option("--hidden-states", arguments->hidden_states, "Also write the embedding and every layer's output")
      .type_name("DIR");
  arguments->output.add_to(command, "The .npy file to write").required();
  command.callback([arguments] { forward_file(*arguments); });
}

}  // namespace vitpose::tools

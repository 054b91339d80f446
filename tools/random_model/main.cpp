// vitpose-random-model: makes a checkpoint with random weights. Its poses mean nothing, its shapes are real.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "core/error.h"
#include "tools/random_model/random_model.h"

namespace {

using vitpose::engine::DType;
using vitpose::tools::RandomModelOptions;

void add_options(CLI::App& app, RandomModelOptions& options) {
  const auto add_size = [&app](const char* name, auto& value, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(1, 65536))->capture_default_str();
  };
  add_size("--image-height", options.image_height, "Height of the crop, a multiple of 16");
  add_size("--image-width", options.image_width, "Width of the crop, a multiple of 16");
  add_size("--hidden-size", options.hidden_size, "Features of a token");
  add_size("--layers", options.layers, "Layers of the backbone");
  add_size("--heads", options.heads, "Attention heads; they divide the hidden size");
  add_size("--mlp-ratio", options.mlp_ratio, "Size of the MLP relative to the hidden size");
  add_size("--experts", options.experts, "Experts of ViTPose++; 1 makes a plain ViTPose");
  add_size("--part-features", options.part_features, "Of the hidden size, how many features an expert computes");
  add_size("--keypoints", options.keypoints, "Keypoints");
  app.add_flag_callback(
      "--classic", [&options] { options.simple_decoder = false; },
      "Classic decoder (two transposed convolutions) instead of the simple one");
  app.add_option("--seed", options.seed, "Another seed, other weights")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("Makes a ViTPose checkpoint with random weights, for demonstrations and tests",
                 "vitpose-random-model");
    RandomModelOptions options;
    std::string folder;
    std::string dtype = "f32";
    app.add_option("OUT_DIR", folder, "The folder to make")->required();
    add_options(app, options);
    app.add_option("--dtype", dtype, "How the weights are stored")
        ->check(CLI::IsMember({"f32", "f16", "bf16"}))
        ->capture_default_str();
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    options.dtype = dtype == "f16" ? DType::kF16 : dtype == "bf16" ? DType::kBF16 : DType::kF32;
    vitpose::tools::write_random_model(folder, options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vitpose-random-model: %s\n", error.what());
    return 1;
  }
}

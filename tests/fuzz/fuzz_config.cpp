// Any JSON is a configuration whose sizes can be computed, or an Error. What was understood of it survives being
// written and read again, and what is said about it fits on lines of a terminal.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "model/config.h"
#include "model/config_json.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace vitpose::engine;

void require(bool holds) {
  if (!holds) std::abort();
}

bool one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void check_sizes(const ModelConfig& config) {
  require(config.tokens() >= 1 && config.tokens() <= 1 << 16);
  require(config.head_size() >= 1 && config.head_size() * config.heads == config.hidden_size);
  require(config.part_features >= 0 && config.part_features < config.hidden_size);
  require(config.feature_stage >= 0 && config.feature_stage <= config.layers);
  const Index heatmaps = config.keypoints() * config.heatmap_height() * config.heatmap_width();
  require(heatmaps >= 1 && heatmaps <= Index{1} << 31);
}

void model_config(const Json& json) try {
  std::vector<std::string> notes;
  const ModelConfig config = parse_model_config(json, notes);
  check_sizes(config);
  require(std::all_of(notes.begin(), notes.end(), one_line));
  require(std::all_of(config.labels.begin(), config.labels.end(), one_line));
  if (config.keypoints() > 1024) return;  // speed: a few bytes ask for 65536 labels
  const std::string text = to_json(config);
  notes.clear();
  require(to_json(parse_model_config(Json::parse(text, "again"), notes)) == text);
  require(notes.empty());
} catch (const Error&) {
}

void preprocess_config(const Json& json) try {
  std::vector<std::string> notes;
  const PreprocessConfig config = parse_preprocess_config(json, notes);
  require(config.height >= 1 && config.width >= 1);
  require(std::all_of(notes.begin(), notes.end(), one_line));
  const std::string text = to_json(config);
  require(to_json(parse_preprocess_config(Json::parse(text, "again"), notes)) == text);
} catch (const Error&) {
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const Json json = Json::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
  model_config(json);
  preprocess_config(json);
  return 0;
} catch (const Error&) {
  return 0;
}

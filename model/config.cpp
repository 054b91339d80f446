#include "model/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "io/excerpt.h"
#include "model/config_keys.h"

namespace vitpose::engine {

namespace {

constexpr Index kMaxExtent = 1 << 16;                // of any one size in a configuration
constexpr Index kMaxHeatmapValues = Index{1} << 31;  // of one crop; also keeps every larger product from overflow

Index read_size(const Json& json, std::string_view key, Index fallback, Index smallest = 1) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return fallback;
  const Index size = value->as_integer();
  if (size < smallest || size > kMaxExtent) {
    fail(ErrorCode::kFormat, value->path(), ": expected an integer from ", smallest, " to ", kMaxExtent, ", found ",
         size);
  }
  return size;
}

bool read_bool(const Json& json, std::string_view key, bool fallback) {
  const Json* value = json.find(key);
  return value == nullptr || value->is_null() ? fallback : value->as_bool();
}

double read_number(const Json& json, std::string_view key, double fallback) {
  const Json* value = json.find(key);
  return value == nullptr || value->is_null() ? fallback : value->as_number();
}

// [height, width], or one number for both.
std::pair<Index, Index> read_height_width(const Json& json, std::string_view key, std::pair<Index, Index> fallback) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return fallback;
  if (value->type() == Json::Type::kNumber) {
    const Index size = read_size(json, key, 0);
    return {size, size};
  }
  const std::vector<Json>& pair = value->as_array();
  if (pair.size() != 2) {
    fail(ErrorCode::kFormat, value->path(), ": expected [height, width], found ", pair.size(), " numbers");
  }
  const Index height = pair[0].as_integer();
  const Index width = pair[1].as_integer();
  if (height < 1 || height > kMaxExtent || width < 1 || width > kMaxExtent) {
    fail(ErrorCode::kFormat, value->path(), ": expected sizes from 1 to ", kMaxExtent, ", found [", height, ",", width,
         "]");
  }
  return {height, width};
}

Index checked_stage(Index stage, Index layers, const Json& where) {
  const Index resolved = stage < 0 ? stage + layers + 1 : stage;
  if (resolved < 0 || resolved > layers) {
    fail(ErrorCode::kFormat, where.path(), ": expected stages from ", -(layers + 1), " to ", layers, ", found ", stage);
  }
  return resolved;
}

// "stem" is stage 0, "stage7" stage 7.
Index stage_of_name(const std::string& name, Index layers, const Json& where) {
  if (name == "stem") return 0;
  const std::string digits = name.rfind("stage", 0) == 0 ? name.substr(5) : "";
  const bool numeric =
      !digits.empty() && digits.size() <= 5 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!numeric)
    fail(ErrorCode::kFormat, where.path(), ": expected \"stem\" or \"stage1\", ..., found \"", excerpt(name), "\"");
  return checked_stage(std::stoll(digits), layers, where);
}

// The deepest selected stage is the one the head reads.
Index read_feature_stage(const Json& backbone, Index layers) {
  const Json* indices = backbone.find("out_indices");
  const Json* names = backbone.find("out_features");
  Index deepest = -1;
  if (indices != nullptr && !indices->is_null()) {
    for (const Json& index : indices->as_array())
      deepest = std::max(deepest, checked_stage(index.as_integer(), layers, index));
  } else if (names != nullptr && !names->is_null()) {
    for (const Json& name : names->as_array())
      deepest = std::max(deepest, stage_of_name(name.as_string(), layers, name));
  }
  return deepest < 0 ? layers : deepest;
}

void parse_backbone(const Json& json, ModelConfig& config, std::vector<std::string>& notes) {
  std::tie(config.image_height, config.image_width) = read_height_width(json, "image_size", {256, 192});
  std::tie(config.patch_height, config.patch_width) = read_height_width(json, "patch_size", {16, 16});
  config.hidden_size = read_size(json, "hidden_size", 768);
  config.layers = read_size(json, "num_hidden_layers", 12);
  config.heads = read_size(json, "num_attention_heads", 12);
  config.experts = read_size(json, "num_experts", 1);
  config.part_features = config.experts > 1 ? read_size(json, "part_features", 256, 0) : 0;
  config.layer_norm_epsilon = static_cast<float>(read_number(json, "layer_norm_eps", 1e-12));
  config.qkv_bias = read_bool(json, "qkv_bias", true);
  const double feed_forward_size = static_cast<double>(config.hidden_size) * read_number(json, "mlp_ratio", 4);
  if (!(feed_forward_size >= 1 && feed_forward_size <= kMaxExtent)) {
    fail(ErrorCode::kFormat, json.path(), ": hidden_size * mlp_ratio: expected 1 to ", kMaxExtent, ", found ",
         feed_forward_size);
  }
  config.feed_forward_size = static_cast<Index>(feed_forward_size);
  if (read_size(json, "num_channels", 3) != 3)
    fail(ErrorCode::kUnsupported, json.at("num_channels").path(), ": only 3 is supported");
  if (const Json* activation = json.find("hidden_act"); activation != nullptr && !activation->is_null()) {
    if (activation->as_string() != "gelu") {
      fail(ErrorCode::kUnsupported, activation->path(), ": only \"gelu\" is supported, found \"",
           excerpt(activation->as_string()), "\"");
    }
  }
  config.feature_stage = read_feature_stage(json, config.layers);
  if (const Json* type = json.find("model_type");
      type != nullptr && !type->is_null() && type->as_string() != "vitpose_backbone") {
    notes.push_back(type->path() + " is \"" + excerpt(type->as_string()) + "\", expected \"vitpose_backbone\"");
  }
}

void check_backbone(const ModelConfig& config, const std::string& where) {
  if (config.hidden_size % config.heads != 0) {
    fail(ErrorCode::kFormat, where, ": hidden_size ", config.hidden_size, " is not a multiple of num_attention_heads ",
         config.heads);
  }
  if (config.part_features >= config.hidden_size) {
    fail(ErrorCode::kFormat, where, ": expected part_features below hidden_size ", config.hidden_size, ", found ",
         config.part_features);
  }
  if (config.experts > 1 && config.part_features == 0) {
    fail(ErrorCode::kFormat, where, ": num_experts is ", config.experts,
         ", so part_features must be at least 1, found 0");
  }
  if (std::signbit(config.layer_norm_epsilon) || !std::isfinite(config.layer_norm_epsilon)) {
    fail(ErrorCode::kFormat, where, ": layer_norm_eps: expected a finite number from 0, found ",
         config.layer_norm_epsilon);
  }
  if (config.patch_height != config.patch_width) {
    fail(ErrorCode::kUnsupported, where, ": only square patches are supported, found [", config.patch_height, ",",
         config.patch_width, "]");
  }
  // The patch convolution pads 2 pixels, but positions and head count image / patch: both must agree.
  const bool too_small = config.image_height < config.patch_height || config.image_width < config.patch_width;
  if (too_small || config.grid_height() != config.image_height / config.patch_height ||
      config.grid_width() != config.image_width / config.patch_width) {
    fail(ErrorCode::kUnsupported, where, ": image_size [", config.image_height, ",", config.image_width,
         "] and patch_size ", config.patch_height, " do not give a whole grid of patches with padding 2");
  }
  if (config.tokens() > kMaxExtent)
    fail(ErrorCode::kUnsupported, where, ": expected at most ", kMaxExtent, " tokens, found ", config.tokens());
}

// Names from the file end up on terminals and in tables: control characters, C1 in its UTF-8 form included, become '?'.
std::string read_name(const Json& json) {
  std::string name = json.as_string();
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const auto previous = static_cast<unsigned char>(i > 0 ? name[i - 1] : 0);
    const bool c1 = previous == 0xc2 && byte >= 0x80 && byte < 0xa0;
    if (byte < 0x20 || byte == 0x7f) name[i] = '?';
    if (c1) name.replace(--i, 2, "?");
  }
  return name;
}

// The labels of 0..K-1 in one pass over `id2label`; an index without an entry is called as transformers calls it.
std::vector<std::string> read_labels(const Json& json) {
  const Json* id2label = json.find("id2label");
  const bool named = id2label != nullptr && !id2label->is_null();
  const Index count = named ? static_cast<Index>(id2label->as_object().size()) : read_size(json, "num_labels", 2);
  if (count < 1 || count > kMaxExtent) {
    fail(ErrorCode::kFormat, id2label->path(), ": expected 1 to ", kMaxExtent, " labels, found ", count);
  }
  std::vector<std::string> labels;
  for (Index i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
  if (!named) return labels;
  for (const auto& [key, label] : id2label->as_object()) {
    Index index = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool is_index = error == std::errc{} && end == key.data() + key.size() && index >= 0 && index < count;
    if (is_index) labels[static_cast<std::size_t>(index)] = read_name(label);
  }
  return labels;
}

// One map has at most 2^16 tokens times a scale of 2^16 squared; a further factor could overflow, so it divides.
void check_heatmaps(const ModelConfig& config, const std::string& where) {
  const Index map = config.heatmap_height() * config.heatmap_width();
  if (map > kMaxHeatmapValues / config.keypoints()) {
    fail(ErrorCode::kUnsupported, where, ": expected heatmaps of at most 2^31 values for one crop, found ",
         config.keypoints(), " maps of ", config.heatmap_height(), " x ", config.heatmap_width());
  }
}

void note_legacy_keys(const Json& json, std::vector<std::string>& notes) {
  for (const std::string_view key : {"backbone", "use_pretrained_backbone", "use_timm_backbone"}) {
    const Json* value = json.find(key);
    if (value == nullptr || value->is_null()) continue;
    if (value->type() == Json::Type::kBool && !value->as_bool()) continue;
    notes.push_back(value->path() + " is set; it is ignored, the backbone is always VitPose's own");
  }
}

std::array<double, 3> read_channels(const Json& json, std::string_view key, std::array<double, 3> fallback) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return fallback;
  if (value->type() == Json::Type::kNumber) {
    const double number = value->as_number();
    return {number, number, number};
  }
  const std::vector<Json>& numbers = value->as_array();
  if (numbers.size() != 3) fail(ErrorCode::kFormat, value->path(), ": expected 3 numbers, found ", numbers.size());
  return {numbers[0].as_number(), numbers[1].as_number(), numbers[2].as_number()};
}

}  // namespace

ModelConfig parse_model_config(const Json& json, std::vector<std::string>& notes) {
  (void)json.as_object();
  ModelConfig config;
  const Json* backbone = json.find("backbone_config");
  if (backbone != nullptr && !backbone->is_null()) {
    (void)backbone->as_object();
    parse_backbone(*backbone, config, notes);
    note_unknown_keys(*backbone, ConfigPart::kBackbone, notes);
    check_backbone(config, backbone->path());
  } else {
    config.feature_stage = 4;  // transformers' choice for a configuration without a backbone
    notes.push_back(json.path() + ": no backbone_config; transformers' default backbone with out_indices [4]");
  }
  config.simple_decoder = read_bool(json, "use_simple_decoder", true);
  config.scale_factor = read_size(json, "scale_factor", 4);
  config.labels = read_labels(json);
  if (const Json* sets = json.find("vitpose_keypoint_sets"); sets != nullptr && !sets->is_null()) {
    for (const Json& set : sets->as_array()) config.keypoint_sets.push_back(read_name(set));
    if (static_cast<Index>(config.keypoint_sets.size()) != config.experts) {
      fail(ErrorCode::kFormat, sets->path(), ": expected one name per expert (", config.experts, "), found ",
           config.keypoint_sets.size());
    }
  }
  check_heatmaps(config, json.path());
  note_legacy_keys(json, notes);
  note_unknown_keys(json, ConfigPart::kModel, notes);
  return config;
}

PreprocessConfig parse_preprocess_config(const Json& json, std::vector<std::string>& notes) {
  (void)json.as_object();
  PreprocessConfig config;
  if (const Json* size = json.find("size"); size != nullptr && !size->is_null()) {
    if (size->type() == Json::Type::kObject) {
      config.height = read_size(*size, "height", 256);
      config.width = read_size(*size, "width", 192);
    } else {
      std::tie(config.height, config.width) = read_height_width(json, "size", {256, 192});
    }
  }
  config.do_affine_transform = read_bool(json, "do_affine_transform", true);
  config.do_rescale = read_bool(json, "do_rescale", true);
  config.rescale_factor = read_number(json, "rescale_factor", 1.0 / 255);
  config.do_normalize = read_bool(json, "do_normalize", true);
  config.mean = read_channels(json, "image_mean", config.mean);
  config.std = read_channels(json, "image_std", config.std);
  if (const Json* factor = json.find("normalize_factor");
      factor != nullptr && !factor->is_null() && factor->as_number() != 200) {
    notes.push_back(factor->path() + " is ignored: transformers 4.56.2 always uses 200");
  }
  note_unknown_keys(json, ConfigPart::kPreprocessor, notes);
  return config;
}

}  // namespace vitpose::engine

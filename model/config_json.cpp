#include "model/config_json.h"

#include <array>
#include <charconv>
#include <string_view>

namespace vitpose::engine {

namespace {

// Shortest text that reads back as the same number.
std::string text_of(double number) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}
std::string text_of(Index number) {
  return std::to_string(number);
}
std::string text_of(bool value) {
  return value ? "true" : "false";
}
std::string text_of(std::string_view text) {
  return json_quote(text);
}

class Object {
 public:
  Object& raw(std::string_view key, const std::string& json) {
    text_ += (text_.size() > 1 ? ", " : "") + json_quote(key) + ": " + json;
    return *this;
  }
  template <class T>
  Object& add(std::string_view key, const T& value) {
    return raw(key, text_of(value));
  }
  std::string done() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

template <class Range>
std::string array_of(const Range& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + text_of(value);
  return "[" + text + "]";
}

std::string backbone_json(const ModelConfig& config) {
  Object json;
  json.add("model_type", std::string_view("vitpose_backbone"))
      .raw("image_size", array_of(std::array{config.image_height, config.image_width}))
      .raw("patch_size", array_of(std::array{config.patch_height, config.patch_width}))
      .add("hidden_size", config.hidden_size)
      .add("num_hidden_layers", config.layers)
      .add("num_attention_heads", config.heads)
      // The exact quotient need not exist in binary; half a unit more keeps int(hidden_size * mlp_ratio) exact.
      .add("mlp_ratio", (static_cast<double>(config.feed_forward_size) +
                         (config.feed_forward_size % config.hidden_size == 0 ? 0.0 : 0.5)) /
                            static_cast<double>(config.hidden_size))
      .add("num_experts", config.experts)
      .add("part_features", config.part_features)
      .add("layer_norm_eps", static_cast<double>(config.layer_norm_epsilon))
      .add("qkv_bias", config.qkv_bias)
      .raw("out_indices", array_of(std::array{config.feature_stage}));
  return json.done();
}

}  // namespace

std::string to_json(const ModelConfig& config) {
  Object labels;
  for (std::size_t i = 0; i < config.labels.size(); ++i)
    labels.add(std::to_string(i), std::string_view(config.labels[i]));
  Object json;
  json.add("model_type", std::string_view("vitpose"))
      .raw("backbone_config", backbone_json(config))
      .add("use_simple_decoder", config.simple_decoder)
      .add("scale_factor", config.scale_factor)
      .raw("id2label", labels.done());
  if (!config.keypoint_sets.empty()) json.raw("vitpose_keypoint_sets", array_of(config.keypoint_sets));
  return json.done();
}

std::string to_json(const PreprocessConfig& config) {
  Object size;
  size.add("height", config.height).add("width", config.width);
  Object json;
  json.raw("size", size.done())
      .add("do_affine_transform", config.do_affine_transform)
      .add("do_rescale", config.do_rescale)
      .add("rescale_factor", config.rescale_factor)
      .add("do_normalize", config.do_normalize)
      .raw("image_mean", array_of(config.mean))
      .raw("image_std", array_of(config.std));
  return json.done();
}

}  // namespace vitpose::engine

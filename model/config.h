// What config.json and preprocessor_config.json say, checked, with transformers' defaults (docs/numerics.md).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/shape.h"
#include "io/json.h"

namespace vitpose::engine {

inline constexpr Index kDecoderChannels = 256;  // of the classic decoder's transposed convolutions

struct ModelConfig {
  // backbone
  Index image_height = 256;
  Index image_width = 192;
  Index patch_height = 16;
  Index patch_width = 16;
  Index hidden_size = 768;  // D
  Index layers = 12;        // L
  Index heads = 12;
  Index feed_forward_size = 3072;  // F = int(D * mlp_ratio)
  Index experts = 1;               // E
  Index part_features = 0;         // P; 0 when E = 1
  float layer_norm_epsilon = 1e-12f;
  bool qkv_bias = true;
  Index feature_stage = 12;  // the head reads this stage: 0 = embedding ... L; the deepest of out_indices

  // head
  bool simple_decoder = true;
  Index scale_factor = 4;                  // simple decoder only
  std::vector<std::string> labels;         // K names, by index
  std::vector<std::string> keypoint_sets;  // optional key vitpose_keypoint_sets, one per expert

  Index keypoints() const { return static_cast<Index>(labels.size()); }                       // K
  Index grid_height() const { return (image_height + 4 - patch_height) / patch_height + 1; }  // padding 2 each side
  Index grid_width() const { return (image_width + 4 - patch_width) / patch_width + 1; }
  Index tokens() const { return grid_height() * grid_width(); }  // T
  Index head_size() const { return hidden_size / heads; }
  Index heatmap_scale() const { return simple_decoder ? scale_factor : 4; }
  Index heatmap_height() const { return grid_height() * heatmap_scale(); }
  Index heatmap_width() const { return grid_width() * heatmap_scale(); }
};

struct PreprocessConfig {
  Index height = 256;  // of the crop
  Index width = 192;
  bool do_affine_transform = true;
  bool do_rescale = true;
  double rescale_factor = 1.0 / 255;
  bool do_normalize = true;
  std::array<double, 3> mean{0.485, 0.456, 0.406};
  std::array<double, 3> std{0.229, 0.224, 0.225};
};

// Keys without meaning for the engine are ignored. Those worth knowing about, legacy ones and those that may be
// misspelt, are added to `notes`, one line each.
ModelConfig parse_model_config(const Json& json, std::vector<std::string>& notes);
PreprocessConfig parse_preprocess_config(const Json& json, std::vector<std::string>& notes);

}  // namespace vitpose::engine

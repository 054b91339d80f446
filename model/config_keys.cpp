#include "model/config_keys.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "io/excerpt.h"

namespace vitpose::engine {

namespace {

using Keys = std::span<const std::string_view>;

constexpr std::string_view kModelKeys[] = {
    // what config.cpp reads
    "backbone", "backbone_config", "id2label", "model_type", "num_labels", "scale_factor", "use_pretrained_backbone",
    "use_simple_decoder", "use_timm_backbone", "vitpose_keypoint_sets",
    // what only training or plotting asks for
    "backbone_kwargs", "edges", "initializer_range", "label2id"};

constexpr std::string_view kBackboneKeys[] = {
    // what config.cpp reads
    "hidden_act", "hidden_size", "image_size", "layer_norm_eps", "mlp_ratio", "model_type", "num_attention_heads",
    "num_channels", "num_experts", "num_hidden_layers", "out_features", "out_indices", "part_features", "patch_size",
    "qkv_bias",
    // dropout is for training; the stages' names follow from the layers
    "attention_probs_dropout_prob", "hidden_dropout_prob", "id2label", "initializer_range", "label2id", "stage_names"};

constexpr std::string_view kPreprocessorKeys[] = {
    // what config.cpp reads
    "do_affine_transform", "do_normalize", "do_rescale", "image_mean", "image_std", "normalize_factor",
    "rescale_factor", "size",
    // of transformers' other image processors: this one looks at none of them
    "crop_size", "data_format", "default_to_square", "device", "disable_grouping", "do_center_crop", "do_convert_rgb",
    "do_pad", "do_resize", "feature_extractor_type", "image_processor_type", "image_seq_length", "input_data_format",
    "pad_size", "processor_class", "resample", "return_tensors"};

// What transformers' base class writes into any configuration, nested ones too.
constexpr std::string_view kCommonKeys[] = {
    // origin and storage
    "_attn_implementation_autoset", "_commit_hash", "_name_or_path", "architectures", "attn_implementation", "auto_map",
    "dtype", "finetuning_task", "problem_type", "torch_dtype", "transformers_version",
    // switches of training and of the shape of results
    "chunk_size_feed_forward", "output_attentions", "output_hidden_states", "output_scores", "pruned_heads",
    "return_dict", "return_dict_in_generate", "task_specific_params", "tf_legacy_loss", "torchscript", "use_bfloat16",
    // settings of language models, which older releases wrote everywhere
    "add_cross_attention", "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "cross_attention_hidden_size",
    "decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size",
    "eos_token_id", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "is_decoder",
    "is_encoder_decoder", "length_penalty", "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups",
    "num_beams", "num_return_sequences", "pad_token_id", "prefix", "remove_invalid_values", "repetition_penalty",
    "sep_token_id", "suppress_tokens", "temperature", "tie_encoder_decoder", "tie_word_embeddings", "tokenizer_class",
    "top_k", "top_p", "typical_p"};

Keys keys_of(ConfigPart part) {
  switch (part) {
    case ConfigPart::kModel: return kModelKeys;
    case ConfigPart::kBackbone: return kBackboneKeys;
    case ConfigPart::kPreprocessor: return kPreprocessorKeys;
  }
  return {};
}

bool contains(Keys keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

void note_unknown_keys(const Json& json, ConfigPart part, std::vector<std::string>& notes) {
  constexpr std::size_t kNamed = 8;  // enough for typing errors; a file of another kind has hundreds
  std::string names;
  std::size_t count = 0;
  for (const auto& [key, value] : json.as_object()) {
    if (value.is_null() || contains(keys_of(part), key) || contains(kCommonKeys, key)) continue;
    if (++count <= kNamed) names += (names.empty() ? "'" : ", '") + excerpt(key) + "'";
  }
  if (count == 0) return;
  if (count > kNamed) names += " and " + std::to_string(count - kNamed) + " more";
  notes.push_back(json.path() + ": unknown keys are ignored: " + names);
}

}  // namespace vitpose::engine

#include <algorithm>
#include <ctime>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/config_json.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

// The shape of those on the Hub.
constexpr const char* kPublished = R"({
    "architectures": ["VitPoseForPoseEstimation"], "backbone": null,
    "backbone_config": {"model_type": "vitpose_backbone", "out_features": ["stage12"], "out_indices": [12],
                        "part_features": 0},
    "backbone_kwargs": null, "edges": [[15, 13]], "id2label": {"0": "Nose", "1": "L_Eye", "2": "R_Eye"},
    "initializer_range": 0.02, "label2id": {"L_Eye": 1, "Nose": 0, "R_Eye": 2}, "model_type": "vitpose",
    "scale_factor": 4, "torch_dtype": "float32", "transformers_version": "4.47.0.dev0",
    "use_pretrained_backbone": false, "use_simple_decoder": false, "use_timm_backbone": false})";

ModelConfig parse(const std::string& text) {
  std::vector<std::string> notes;
  return parse_model_config(Json::parse(text, "config.json"), notes);
}

std::vector<std::string> notes_on(const std::string& text) {
  std::vector<std::string> notes;
  parse_model_config(Json::parse(text, "config.json"), notes);
  return notes;
}

PreprocessConfig parse_preprocess(const std::string& text, std::vector<std::string>& notes) {
  return parse_preprocess_config(Json::parse(text, "preprocessor_config.json"), notes);
}

Raised error_of(const std::string& text) {
  return raised_by([&] { parse(text); });
}

// Processor time, which other programs do not prolong; the best of three.
double seconds_to_read_labels(int count) {
  std::string text = R"({"id2label": {)";
  for (int i = 0; i < count; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(": "x")";
  const Json json = Json::parse(text + "}}", "config.json");
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> notes;
    const std::clock_t start = std::clock();
    CHECK(parse_model_config(json, notes).keypoints() == count);
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

}  // namespace

TEST_CASE("a published configuration stores only what differs from the defaults") {
  const ModelConfig config = parse(kPublished);
  CHECK(config.hidden_size == 768);
  CHECK(config.layers == 12);
  CHECK(config.heads == 12);
  CHECK(config.feed_forward_size == 3072);
  CHECK(config.experts == 1);
  CHECK(config.part_features == 0);
  CHECK(config.layer_norm_epsilon == 1e-12f);
  CHECK(config.qkv_bias);
  CHECK(config.feature_stage == 12);
  CHECK_FALSE(config.simple_decoder);
  CHECK(config.labels == std::vector<std::string>{"Nose", "L_Eye", "R_Eye"});
  CHECK(config.tokens() == 192);
  CHECK(config.heatmap_height() == 64);
  CHECK(config.heatmap_width() == 48);
}

TEST_CASE("without a backbone configuration transformers selects stage 4, without labels it has two") {
  const ModelConfig config = parse("{}");
  CHECK(config.feature_stage == 4);
  CHECK(config.labels == std::vector<std::string>{"LABEL_0", "LABEL_1"});
  CHECK(config.simple_decoder);
  CHECK(config.scale_factor == 4);
}

TEST_CASE("labels stand where their index says, in whatever order they come") {
  CHECK(parse(R"({"id2label": {"2": "c", "0": "a", "1": "b"}})").labels == std::vector<std::string>{"a", "b", "c"});
  CHECK(parse(R"({"id2label": {"1": "b", "7": "h", "x": 5}})").labels ==
        std::vector<std::string>{"LABEL_0", "b", "LABEL_2"});
  CHECK(error_of(R"({"id2label": {"0": 5}})").has("id2label.0"));
}

TEST_CASE("reading sixteen times as many labels does not take a hundred times as long") {
  CHECK(seconds_to_read_labels(65536) < 100 * seconds_to_read_labels(4096));
}

TEST_CASE("misspelt keys are listed in one note; those that transformers writes are not") {
  CHECK(notes_on(kPublished).empty());
  CHECK(notes_on(R"({"backbone_config": {"hidden_dropout_prob": 0.0, "top_k": 50}, "dtype": "float32"})").empty());
  CHECK(notes_on(R"({"backbone_config": {"hiden_size": 384, "layers": 2, "depth": null}})") ==
        std::vector<std::string>{"config.json: backbone_config: unknown keys are ignored: 'hiden_size', 'layers'"});
  CHECK(notes_on(R"({"backbone_config": {}, "use_simple_decodr": false})") ==
        std::vector<std::string>{"config.json: unknown keys are ignored: 'use_simple_decodr'"});
  std::vector<std::string> notes;
  parse_preprocess(R"({"do_resize": true, "image_processor_type": "VitPoseImageProcessor", "image_men": 0.5})", notes);
  CHECK(notes == std::vector<std::string>{"preprocessor_config.json: unknown keys are ignored: 'image_men'"});
}

TEST_CASE("a note stays one readable line, whatever keys and values a file has") {
  const auto notes = notes_on(R"({"backbone_config": {"model_type": "a\nb\u001b[2J"}, "c\nd\u001b]0;": 1})");
  CHECK(notes == std::vector<std::string>{R"(config.json: backbone_config.model_type is "a\x0ab\x1b[2J", expected )"
                                          R"("vitpose_backbone")",
                                          R"(config.json: unknown keys are ignored: 'c\x0ad\x1b]0;')"});
  std::string many = R"({"backbone_config": {})";
  for (int i = 0; i < 1000; ++i) many += ", \"" + std::string(500, 'x') + std::to_string(i) + "\": 1";
  REQUIRE(notes_on(many + "}").size() == 1);
  CHECK(notes_on(many + "}")[0].size() < 1000);
}

TEST_CASE("labels and names of sets carry no control characters; other characters stay") {
  const ModelConfig config = parse(R"({"backbone_config": {}, "vitpose_keypoint_sets": ["a\r\u001b[31m"],
    "id2label": {"0": "nose\n\u001b]0;owned\u0007", "1": "\u009b2J\u0085\u007f", "2": "\u00e9\u00bf \u9f3b"}})");
  CHECK(config.labels == std::vector<std::string>{"nose??]0;owned?", "?2J??", "\xc3\xa9\xc2\xbf \xe9\xbc\xbb"});
  CHECK(config.keypoint_sets == std::vector<std::string>{"a??[31m"});
}

TEST_CASE("an error quotes a hostile value in one readable line") {
  CHECK(error_of(R"({"backbone_config": {"hidden_act": "a\n\u001b[2J"}})").has(R"("a\x0a\x1b[2J")"));
  CHECK(error_of(R"({"backbone_config": {"out_features": ["a\n\u001b[2J"]}})").has(R"("a\x0a\x1b[2J")"));
}

TEST_CASE("the head reads the deepest selected stage; negative stages count from the end") {
  const auto stage = [](const std::string& selection) {
    return parse(R"({"backbone_config": {"num_hidden_layers": 6, )" + selection + "}}").feature_stage;
  };
  CHECK(stage(R"("out_indices": [2])") == 2);
  CHECK(stage(R"("out_indices": [-1])") == 6);
  CHECK(stage(R"("out_indices": [-7])") == 0);
  CHECK(stage(R"("out_indices": [1, 5, 3])") == 5);
  CHECK(stage(R"("out_indices": null, "out_features": ["stem"])") == 0);
  CHECK(stage(R"("out_features": ["stage2", "stage4"])") == 4);
  CHECK(stage(R"("qkv_bias": true)") == 6);
}

TEST_CASE("experts bring their part of the features, a plain model has none") {
  const ModelConfig plus = parse(R"({"backbone_config": {"num_experts": 6, "part_features": 192}})");
  CHECK(plus.experts == 6);
  CHECK(plus.part_features == 192);
  CHECK(parse(R"({"backbone_config": {"part_features": 192}})").part_features == 0);
  CHECK(parse(R"({"backbone_config": {"num_experts": 2}})").part_features == 256);
}

TEST_CASE("the feed-forward size is the truncated product, as in transformers") {
  CHECK(parse(R"({"backbone_config": {"hidden_size": 60, "num_attention_heads": 3, "mlp_ratio": 3.3}})")
            .feed_forward_size == 198);
  CHECK(parse(R"({"backbone_config": {"hidden_size": 10, "num_attention_heads": 1, "mlp_ratio": 2.59}})")
            .feed_forward_size == 25);
}

TEST_CASE("a wrong value is named with its place, what was expected and what was found") {
  CHECK(error_of(R"({"backbone_config": {"hidden_size": "768"}})").has("backbone_config.hidden_size"));
  CHECK(error_of(R"({"backbone_config": {"hidden_size": 0}})").has("found 0"));
  CHECK(error_of(R"({"backbone_config": {"hidden_size": 100000}})").has("found 100000"));
  CHECK(error_of(R"({"backbone_config": {"hidden_size": 768.5}})").has("hidden_size"));
  CHECK(error_of(R"({"backbone_config": {"num_attention_heads": 7}})").has("not a multiple"));
  CHECK(error_of(R"({"backbone_config": {"out_indices": [13]}})").has("found 13"));
  CHECK(error_of(R"({"backbone_config": {"out_indices": [-14]}})").has("found -14"));
  CHECK(error_of(R"({"backbone_config": {"out_features": ["stage99"]}})").has("found 99"));
  CHECK(error_of(R"({"backbone_config": {"out_features": ["trunk"]}})").has("trunk"));
  CHECK(error_of(R"({"backbone_config": {"hidden_act": "relu"}})").has("relu"));
  CHECK(error_of(R"({"backbone_config": {"num_channels": 1}})").has("only 3"));
  CHECK(error_of(R"({"backbone_config": {"mlp_ratio": -4}})").has("mlp_ratio"));
  CHECK(error_of(R"({"backbone_config": {"image_size": [256]}})").has("found 1 numbers"));
  CHECK(error_of(R"({"backbone_config": {"image_size": [8, 8]}})").has("whole grid"));
  CHECK(error_of(R"({"backbone_config": {"patch_size": [16, 8]}})").has("square"));
  CHECK(error_of(R"({"backbone_config": {"num_experts": 2, "part_features": 768}})").has("below hidden_size"));
  CHECK(error_of(R"({"backbone_config": {"num_experts": 2, "part_features": 0}})").has("at least 1"));
  CHECK(error_of(R"({"backbone_config": {"layer_norm_eps": -1}})").has("layer_norm_eps"));
  CHECK(error_of(R"({"backbone_config": {"layer_norm_eps": -1e-61}})").has("layer_norm_eps"));  // -0 as a float
  CHECK(error_of(R"({"backbone_config": [1]})").has("backbone_config"));
  CHECK(error_of(R"({"id2label": {}})").has("labels, found 0"));
  CHECK(error_of(R"({"vitpose_keypoint_sets": ["coco17", "ap10k17"]})").has("one name per expert"));
  CHECK(error_of("[]").has("config.json"));
}

TEST_CASE("heatmaps beyond 2^31 values are refused, however far their number overflows") {
  const auto sizes = [](int labels, int scale) {
    return R"({"backbone_config": {"image_size": [4096, 4096], "hidden_size": 12}, "num_labels": )" +
           std::to_string(labels) + R"(, "scale_factor": )" + std::to_string(scale) + "}";
  };
  CHECK(parse(sizes(8, 64)).heatmap_height() == 16384);  // 2^16 tokens * 2^12 * 2^3
  CHECK(error_of(sizes(9, 64)).has("9 maps of 16384 x 16384"));
  CHECK(error_of(sizes(65536, 65536)).has("at most 2^31"));  // the product is 2^64, which wraps to 0
  CHECK(error_of(sizes(32768, 65536)).has("at most 2^31"));  // 2^63, which wraps to a negative number
}

TEST_CASE("a configuration written as JSON reads back the same") {
  const char* const sources[] = {
      "{}", R"({"backbone_config": {"hidden_size": 60, "num_attention_heads": 3, "mlp_ratio": 3.3, "num_experts": 3,
                "part_features": 7, "num_hidden_layers": 5, "out_indices": [2], "qkv_bias": false,
                "layer_norm_eps": 1e-6, "image_size": [64, 48], "patch_size": 16},
                "use_simple_decoder": false, "scale_factor": 2, "id2label": {"0": "a\"b", "1": "\u00e9"},
                "vitpose_keypoint_sets": ["x", "y", "z"]})"};
  for (const char* source : sources) {
    const ModelConfig config = parse(source);
    const ModelConfig again = parse(to_json(config));
    CHECK(to_json(again) == to_json(config));
    CHECK(again.feed_forward_size == config.feed_forward_size);
    CHECK(again.layer_norm_epsilon == config.layer_norm_epsilon);
    CHECK(again.labels == config.labels);
    CHECK(again.keypoint_sets == config.keypoint_sets);
    CHECK(again.feature_stage == config.feature_stage);
    CHECK(again.qkv_bias == config.qkv_bias);
    CHECK(again.image_height == config.image_height);
  }
}

TEST_CASE("the preprocessor's defaults are the published values; normalize_factor is noted and ignored") {
  std::vector<std::string> notes;
  const PreprocessConfig defaults = parse_preprocess("{}", notes);
  CHECK(defaults.height == 256);
  CHECK(defaults.width == 192);
  CHECK(defaults.mean == std::array<double, 3>{0.485, 0.456, 0.406});
  CHECK(notes.empty());
  const PreprocessConfig other = parse_preprocess(
      R"({"size": {"height": 128, "width": 96}, "image_mean": [0.5, 0.25, 0.125], "image_std": 0.5, "do_rescale": false,
          "rescale_factor": 0.5, "do_normalize": false, "do_affine_transform": false, "normalize_factor": 100})",
      notes);
  CHECK(other.height == 128);
  CHECK(other.width == 96);
  CHECK(other.mean == std::array<double, 3>{0.5, 0.25, 0.125});
  CHECK(other.std == std::array<double, 3>{0.5, 0.5, 0.5});
  CHECK_FALSE(other.do_rescale);
  CHECK_FALSE(other.do_normalize);
  CHECK_FALSE(other.do_affine_transform);
  CHECK(other.rescale_factor == 0.5);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("normalize_factor") != std::string::npos);
  const PreprocessConfig again = parse_preprocess(to_json(other), notes);
  CHECK(to_json(again) == to_json(other));
}

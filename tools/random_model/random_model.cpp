#include "tools/random_model/random_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>

#include "core/error.h"
#include "io/json.h"
#include "io/output_file.h"

namespace vitpose::tools {

namespace {

using engine::DType;
using engine::Index;
using engine::Shape;

constexpr Index kPatch = 16;
constexpr Index kHeadChannels = 256;  // of the classic decoder

// Values of the same distribution on every machine: splitmix64, and sums instead of a library's logarithm.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // Mean 0, variance 1, close to normal: the sum of twelve uniform numbers less six.
  float normal() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(next() >> 11) * 0x1p-53;
    return static_cast<float>(sum - 6);
  }
  float between(float low, float high) {
    return low + (high - low) * static_cast<float>(static_cast<double>(next() >> 40) * 0x1p-24);
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

class WeightMaker {
 public:
  explicit WeightMaker(const RandomModelOptions& options) : options_(options), random_(options.seed) {}

  std::vector<NamedWeights> make() {
    const Index d = options_.hidden_size;
    const Index tokens = (options_.image_height / kPatch) * (options_.image_width / kPatch);
    add_normal("backbone.embeddings.position_embeddings", {1, tokens + 1, d}, 0.5);
    add_linear("backbone.embeddings.patch_embeddings.projection", {d, 3, kPatch, kPatch});
    for (Index i = 0; i < options_.layers; ++i) add_layer("backbone.encoder.layer." + std::to_string(i) + ".");
    add_norm("backbone.layernorm", d);
    if (options_.simple_decoder) {
      add_linear("head.conv", {options_.keypoints, d, 3, 3});
    } else {
      add_classic_head(d);
    }
    return std::move(weights_);
  }

 private:
  void add_layer(const std::string& layer) {
    const Index d = options_.hidden_size;
    const Index f = d * options_.mlp_ratio;
    const Index part = options_.experts > 1 ? options_.part_features : 0;
    add_norm(layer + "layernorm_before", d);
    for (const char* name : {"query", "key", "value"}) add_linear(layer + "attention.attention." + name, {d, d});
    add_linear(layer + "attention.output.dense", {d, d});
    add_norm(layer + "layernorm_after", d);
    add_linear(layer + "mlp.fc1", {f, d});
    add_linear(layer + "mlp.fc2", {d - part, f});
    for (Index e = 0; e < options_.experts && part > 0; ++e) {
      add_linear(layer + "mlp.experts." + std::to_string(e), {part, f});
    }
  }

  void add_classic_head(Index d) {
    for (const char* number : {"1", "2"}) {
      const Index in = *number == '1' ? d : kHeadChannels;
      // Each output sees a quarter of the 4x4 kernel.
      add_normal(std::string("head.deconv") + number + ".weight", {in, kHeadChannels, 4, 4}, scale_for(in * 4));
      const std::string norm = std::string("head.batchnorm") + number;
      add_norm(norm, kHeadChannels);
      add_normal(norm + ".running_mean", {kHeadChannels}, 0.1);
      for (float& value : add(norm + ".running_var", {kHeadChannels})) value = random_.between(0.5f, 1.5f);
    }
    add_linear("head.conv", {options_.keypoints, kHeadChannels, 1, 1});
  }

  // weight [out, in...] and bias [out]
  void add_linear(const std::string& name, const Shape& shape) {
    add_normal(name + ".weight", shape, scale_for(shape.count() / shape[0]));
    add_normal(name + ".bias", {shape[0]}, 0.02);
  }
  void add_norm(const std::string& name, Index size) {
    for (float& value : add(name + ".weight", {size})) value = 1 + 0.1f * random_.normal();
    add_normal(name + ".bias", {size}, 0.1);
  }
  void add_normal(const std::string& name, const Shape& shape, double scale) {
    for (float& value : add(name, shape)) value = static_cast<float>(scale) * random_.normal();
  }
  static double scale_for(Index inputs) { return 1 / std::sqrt(static_cast<double>(inputs)); }

  std::vector<float>& add(const std::string& name, const Shape& shape) {
    weights_.push_back({name, shape, std::vector<float>(static_cast<std::size_t>(shape.count()))});
    return weights_.back().values;
  }

  const RandomModelOptions& options_;
  Random random_;
  std::vector<NamedWeights> weights_;
};

constexpr std::array<const char*, 17> kCocoNames{"Nose",       "L_Eye",   "R_Eye",   "L_Ear",   "R_Ear",   "L_Shoulder",
                                                 "R_Shoulder", "L_Elbow", "R_Elbow", "L_Wrist", "R_Wrist", "L_Hip",
                                                 "R_Hip",      "L_Knee",  "R_Knee",  "L_Ankle", "R_Ankle"};

std::string config_json(const RandomModelOptions& options) {
  std::string labels;
  for (Index k = 0; k < options.keypoints; ++k) {
    const std::string name =
        options.keypoints == 17 ? kCocoNames[static_cast<std::size_t>(k)] : std::string("K") + std::to_string(k);
    labels += (k == 0 ? "" : ", ") + engine::json_quote(std::to_string(k)) + ": " + engine::json_quote(name);
  }
  const auto number = [](Index value) { return std::to_string(value); };
  return "{\n  \"architectures\": [\"VitPoseForPoseEstimation\"],\n  \"backbone_config\": {\n"
         "    \"hidden_size\": " +
         number(options.hidden_size) + ",\n    \"image_size\": [" + number(options.image_height) + ", " +
         number(options.image_width) + "],\n    \"mlp_ratio\": " + number(options.mlp_ratio) +
         ",\n    \"model_type\": \"vitpose_backbone\",\n    \"num_attention_heads\": " + number(options.heads) +
         ",\n    \"num_experts\": " + number(options.experts) +
         ",\n    \"num_hidden_layers\": " + number(options.layers) + ",\n    \"out_indices\": [" +
         number(options.layers) +
         "],\n    \"part_features\": " + number(options.experts > 1 ? options.part_features : 0) +
         "\n  },\n  \"id2label\": {" + labels +
         "},\n  \"model_type\": \"vitpose\",\n  \"scale_factor\": 4,\n  \"use_simple_decoder\": " +
         (options.simple_decoder ? "true" : "false") + "\n}\n";
}

std::string preprocessor_json(const RandomModelOptions& options) {
  return "{\n  \"do_affine_transform\": true,\n  \"do_normalize\": true,\n  \"do_rescale\": true,\n"
         "  \"image_mean\": [0.485, 0.456, 0.406],\n  \"image_processor_type\": \"VitPoseImageProcessor\",\n"
         "  \"image_std\": [0.229, 0.224, 0.225],\n  \"rescale_factor\": 0.00392156862745098,\n  \"size\": "
         "{\"height\": " +
         std::to_string(options.image_height) + ", \"width\": " + std::to_string(options.image_width) + "}\n}\n";
}

std::string stored_bytes(const std::vector<float>& values, DType dtype) {
  std::string bytes;
  bytes.reserve(values.size() * engine::size_of(dtype));
  for (const float value : values) {
    if (dtype == DType::kF32) {
      bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    } else {
      const std::uint16_t bits = dtype == DType::kF16 ? engine::to_f16(value).bits : engine::to_bf16(value).bits;
      bytes.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
    }
  }
  return bytes;
}

// As the safetensors library writes it: tensors packed without padding, so that their data lies unaligned.
void write_safetensors_file(const std::string& path, const std::vector<NamedWeights>& weights, DType dtype) {
  const std::string type = dtype == DType::kF32 ? "F32" : dtype == DType::kF16 ? "F16" : "BF16";
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  std::size_t offset = 0;
  for (const NamedWeights& tensor : weights) {
    const std::size_t end = offset + tensor.values.size() * engine::size_of(dtype);
    header += std::string(",") + engine::json_quote(tensor.name) + ":{\"dtype\":\"" + type +
              "\",\"shape\":" + tensor.shape.to_string() + ",\"data_offsets\":[" + std::to_string(offset) + "," +
              std::to_string(end) + "]}";
    offset = end;
  }
  header += "}";
  const std::uint64_t header_size = header.size();
  engine::OutputFile file(path);
  file.write(&header_size, sizeof(header_size));
  file.write(header);
  for (const NamedWeights& tensor : weights) file.write(stored_bytes(tensor.values, dtype));
  file.commit();
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  engine::OutputFile file(path.string());
  file.write(text);
  file.commit();
}

// What a model would be refused for, before its weights are made.
void check(const RandomModelOptions& options) {
  const auto expect = [](bool holds, const auto&... message) {
    if (!holds) engine::fail(engine::ErrorCode::kInvalidArgument, message...);
  };
  expect(options.image_height % kPatch == 0 && options.image_width % kPatch == 0, "image size: expected multiples of ",
         kPatch, ", found ", options.image_height, " x ", options.image_width);
  expect(options.hidden_size % options.heads == 0, "heads: expected a divisor of the hidden size ", options.hidden_size,
         ", found ", options.heads);
  expect(options.experts == 1 || options.part_features < options.hidden_size,
         "part features: expected fewer than the hidden size ", options.hidden_size, ", found ", options.part_features);
}

}  // namespace

std::vector<NamedWeights> random_weights(const RandomModelOptions& options) {
  check(options);
  return WeightMaker(options).make();
}

void write_model_files(const std::string& folder, const RandomModelOptions& options,
                       const std::vector<NamedWeights>& weights) {
  const std::filesystem::path root(folder);
  std::filesystem::create_directories(root);
  write_text(root / "config.json", config_json(options));
  write_text(root / "preprocessor_config.json", preprocessor_json(options));
  write_safetensors_file((root / "model.safetensors").string(), weights, options.dtype);
}

void write_random_model(const std::string& folder, const RandomModelOptions& options) {
  write_model_files(folder, options, random_weights(options));
}

}  // namespace vitpose::tools

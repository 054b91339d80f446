#include "tests/model/golden_model.h"

#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

namespace vitpose::engine::golden {
namespace {

template <class T>
T take(std::istringstream& in) {
  T value{};
  in >> value;
  REQUIRE(!in.fail());
  return value;
}

std::vector<Index> take_rest(std::istringstream& in) {
  std::vector<Index> rest;
  for (Index value = 0; in >> value;) rest.push_back(value);
  return rest;
}

Sample take_sample(std::istringstream& in, std::size_t rank) {
  Sample sample;
  for (std::size_t axis = 0; axis < rank; ++axis) sample.place[axis] = take<Index>(in);
  sample.value = take<double>(in);
  return sample;
}

void parse_line(GoldenModel& model, const std::string& key, std::istringstream& in) {
  if (key == "config") {
    std::getline(in, model.config);
  } else if (key == "tensor") {
    FormulaTensor tensor{take<std::string>(in), take<double>(in), take<double>(in), {}};
    tensor.shape = take_rest(in);
    model.tensors.push_back(tensor);
  } else if (key == "input") {
    model.crops = take<Index>(in);
    for (const Index expert : take_rest(in)) model.experts.push_back(expert);
  } else if (key == "heatmaps") {
    model.tolerance = take<double>(in);
    model.heatmap_shape = take_rest(in);
  } else if (key == "heatmap") {
    model.heatmaps.push_back(take_sample(in, 4));
  } else if (key == "layer") {
    take<Index>(in);
    model.hidden.push_back({take<double>(in), {}});
  } else if (key == "hidden") {
    model.hidden.at(take<std::size_t>(in)).samples.push_back(take_sample(in, 3));
  } else {
    FAIL("unknown line: ", key);
  }
}

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t value = 0xCBF29CE484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return value;
}

std::string header_entry(const FormulaTensor& tensor, std::size_t begin, std::size_t end) {
  std::ostringstream out;
  out << '"' << tensor.name << R"(":{"dtype":"F32","shape":[)";
  for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) out << (axis > 0 ? "," : "") << tensor.shape[axis];
  out << R"(],"data_offsets":[)" << begin << ',' << end << "]}";
  return out.str();
}

}  // namespace

GoldenModel read_golden_model(const std::string& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path);
  GoldenModel model;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    const auto key = take<std::string>(in);
    parse_line(model, key, in);
  }
  return model;
}

std::vector<float> formula_values(const FormulaTensor& tensor) {
  std::size_t count = 1;
  for (const Index extent : tensor.shape) count *= static_cast<std::size_t>(extent);
  std::vector<float> values(count);
  const std::uint64_t seed = fnv1a(tensor.name);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    const double unit = (static_cast<double>(z >> 40) - 8388608.0) / 8388608.0;
    values[i] = static_cast<float>(unit * tensor.scale + tensor.offset);
  }
  return values;
}

void write_checkpoint(const GoldenModel& model, const std::string& directory) {
  std::ofstream(directory + "/config.json") << model.config;
  std::string header = "{";
  std::string data;
  for (const FormulaTensor& tensor : model.tensors) {
    const std::vector<float> values = formula_values(tensor);
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    header += (header.size() > 1 ? "," : "") + header_entry(tensor, begin, data.size());
  }
  header += "}";
  std::ofstream file(directory + "/model.safetensors", std::ios::binary);
  const std::uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof(length));
  file << header << data;
  file.close();
  REQUIRE(file.good());
}

}  // namespace vitpose::engine::golden

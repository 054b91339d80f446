#include <doctest/doctest.h>

#include "io/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

// Writes a file with one u8 tensor of three bytes for each name.
void write_shard(const std::string& path, const std::vector<std::string>& names) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  for (std::size_t i = 0; i < names.size(); ++i) {
    header += ",\"" + names[i] + "\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[" + std::to_string(3 * i) + "," +
              std::to_string(3 * i + 3) + "]}";
  }
  header += "}";
  const std::uint64_t length = header.size();
  write_file(path,
             std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(3 * names.size(), 'x'));
}

SafeTensors open(const TemporaryFolder& folder) {
  return SafeTensors::open_directory(folder.path(), MappedFile::Access::kMap);
}
Raised error_of(const TemporaryFolder& folder) {
  return raised_by([&] { open(folder); });
}
void write_index(const TemporaryFolder& folder, const std::string& weight_map) {
  write_file(folder / "model.safetensors.index.json", "{\"metadata\":{},\"weight_map\":" + weight_map + "}");
}

TEST_CASE("a directory with one file is opened") {
  const TemporaryFolder folder;
  write_shard(folder / "model.safetensors", {"a", "b"});
  CHECK(open(folder).tensors().size() == 2);
}

TEST_CASE("a sharded model is opened through its index") {
  const TemporaryFolder folder;
  write_shard(folder / "one.safetensors", {"a", "b"});
  write_shard(folder / "two.safetensors", {"c"});
  write_index(folder, R"({"a":"one.safetensors","c":"two.safetensors","b":"one.safetensors"})");
  const SafeTensors tensors = open(folder);
  CHECK(tensors.tensors().size() == 3);
  CHECK(tensors.require("c", {3}).data[0] == std::byte{'x'});
  CHECK(tensors.metadata().at("format") == "pt");
  check_error(raised_by([&] { tensors.require("d", {3}); }), ErrorCode::kFormat, {"index.json: tensor 'd' is missing"});
}

TEST_CASE("a directory without weights says what was looked for") {
  const TemporaryFolder folder;
  check_error(error_of(folder), ErrorCode::kIo, {folder.path(), "model.safetensors", "neither"});
  write_file(folder / "pytorch_model.bin", "PK");
  check_error(error_of(folder), ErrorCode::kIo, {"pytorch_model.bin"});
  check_error(raised_by([&] { SafeTensors::open_directory(folder / "no", MappedFile::Access::kMap); }), ErrorCode::kIo,
              {"no such directory"});
}

TEST_CASE("an index and its files must agree") {
  const TemporaryFolder folder;
  write_shard(folder / "one.safetensors", {"a", "b"});
  write_shard(folder / "two.safetensors", {"c", "b"});
  write_shard(folder / "three.safetensors", {"d"});
  write_index(folder, R"({"a":"one.safetensors","z":"one.safetensors"})");
  check_error(error_of(folder), ErrorCode::kFormat, {"one.safetensors: tensor 'z' is missing", "index.json lists it"});
  write_index(folder, R"({"a":"one.safetensors","c":"two.safetensors"})");
  check_error(error_of(folder), ErrorCode::kFormat, {"two.safetensors: tensor 'b' is also in another file"});
  write_index(folder, R"({"a":"one.safetensors","b":"three.safetensors","d":"three.safetensors"})");
  check_error(error_of(folder), ErrorCode::kFormat, {"tensor 'b' is listed for three.safetensors"});
  write_index(folder, R"({"a":"gone.safetensors"})");
  check_error(error_of(folder), ErrorCode::kIo, {"gone.safetensors'", "No such file"});
}

TEST_CASE("an index may not point outside its directory") {
  const TemporaryFolder folder;
  for (const char* const name :
       {"../model.safetensors", "/etc/passwd", "sub/x", "..", ".", "", "a\\\\b", "a\\u0000b"}) {
    INFO("name: ", std::string(name));
    write_index(folder, std::string("{\"a\":\"") + name + "\"}");
    check_error(error_of(folder), ErrorCode::kFormat, {"weight_map.a: expected a plain file name"});
  }
  write_index(folder, R"({"a":1})");
  check_error(error_of(folder), ErrorCode::kFormat, {"weight_map.a: expected a string"});
  write_file(folder / "model.safetensors.index.json", "{}");
  check_error(error_of(folder), ErrorCode::kFormat, {"'weight_map' is missing"});
}

}  // namespace
}  // namespace vitpose::engine

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>

#include "io/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

std::string with_length(std::uint64_t length, std::string_view rest) {
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + std::string(rest);
}

std::string file_of(std::string_view header, std::size_t data_bytes) {
  return with_length(header.size(), header) + std::string(data_bytes, '\0');
}

SafeTensors parse(const std::string& file) {
  return SafeTensors::from_memory(as_bytes(file), "weights");
}

Raised error_of(const std::string& file) {
  return raised_by([&] { parse(file); });
}

// The error for a file with one tensor "t", described by `description`, over `data_bytes` bytes.
Raised error_of_tensor(const std::string& description, std::size_t data_bytes) {
  return error_of(file_of("{\"t\":" + description + "}", data_bytes));
}

constexpr const char* kGood = R"({"__metadata__":{"format":"pt"},
  "a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
  "n":{"dtype":"I64","shape":[],"data_offsets":[24,32]},
  "empty":{"dtype":"F32","shape":[0,5],"data_offsets":[32,32]},
  "h":{"dtype":"BF16","shape":[3],"data_offsets":[32,38]}}   )";

TEST_CASE("a valid file gives its tensors and metadata") {
  const std::string file = file_of(kGood, 38);
  const SafeTensors tensors = parse(file);
  CHECK(tensors.tensors().size() == 4);
  CHECK(tensors.metadata().at("format") == "pt");
  CHECK(tensors.where() == "weights");
  const StoredTensor& a = tensors.require("a", {2, 3});
  CHECK(a.dtype == DType::kF32);
  CHECK(a.size_bytes == 24);
  CHECK(a.data == as_bytes(file).data() + file.size() - 38);
  CHECK(tensors.require("n", {}).dtype == DType::kI64);
  CHECK(tensors.require("empty", {0, 5}).size_bytes == 0);
  CHECK(tensors.find("nothing") == nullptr);
}

TEST_CASE("a file without tensors is valid") {
  CHECK(parse(file_of("{}", 0)).tensors().empty());
  CHECK(parse(file_of("{\"__metadata__\":{}}", 0)).tensors().empty());
}

TEST_CASE("float tensors are widened exactly, unaligned data too") {
  // The header is one byte longer each time, so the data starts on every residue of eight.
  for (std::size_t padding = 0; padding < 8; ++padding) {
    const std::string header = R"({"f":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                               R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[12,18]},)"
                               R"("h":{"dtype":"F16","shape":[4],"data_offsets":[18,26]}})" +
                               std::string(padding, ' ');
    const float values[] = {1.5f, -0.0f, std::numeric_limits<float>::infinity()};
    const std::uint16_t bf16[] = {0x3fc0, 0x8000, 0x0001};
    const std::uint16_t f16[] = {0x3e00, 0x8000, 0x0001, 0x7bff};
    std::string file = with_length(header.size(), header);
    file.append(reinterpret_cast<const char*>(values), sizeof values);
    file.append(reinterpret_cast<const char*>(bf16), sizeof bf16);
    file.append(reinterpret_cast<const char*>(f16), sizeof f16);
    const SafeTensors tensors = parse(file);
    const Tensor f = tensors.load_f32("f", {3}), b = tensors.load_f32("b", {3}), h = tensors.load_f32("h", {4});
    CHECK(std::memcmp(f.raw(), values, sizeof values) == 0);
    CHECK(b.data<float>()[0] == 1.5f);
    CHECK(std::signbit(b.data<float>()[1]));
    CHECK(b.data<float>()[2] == 0x1p-133f);
    CHECK(h.data<float>()[0] == 1.5f);
    CHECK(std::signbit(h.data<float>()[1]));
    CHECK(h.data<float>()[2] == 0x1p-24f);
    CHECK(h.data<float>()[3] == 65504.0f);
  }
}

TEST_CASE("missing, misshaped and wrongly typed tensors are reported by name") {
  const std::string file = file_of(kGood, 38);
  const SafeTensors tensors = parse(file);
  check_error(raised_by([&] { tensors.require("head.conv.weight", {1}); }), ErrorCode::kFormat,
              {"weights: tensor 'head.conv.weight' is missing"});
  check_error(raised_by([&] {
                tensors.require("a", {3, 2});
              }),
              ErrorCode::kFormat, {"weights: tensor 'a': expected [3,2], found [2,3]"});
  check_error(raised_by([&] { tensors.require("a", {6}); }), ErrorCode::kFormat, {"expected [6], found [2,3]"});
  check_error(raised_by([&] { tensors.load_f32("n", {}); }), ErrorCode::kFormat,
              {"tensor 'n': expected dtype f32, f16 or bf16, found i64"});
}

TEST_CASE("tensors of a kind that the engine lacks do no harm until they are needed") {
  const std::string file = file_of(R"({"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},
    "deep":{"dtype":"U8","shape":[1,1,1,1,1,1,2],"data_offsets":[3,5]},
    "a":{"dtype":"F32","shape":[1],"data_offsets":[5,9]}})",
                                   9);
  const SafeTensors tensors = parse(file);
  CHECK(tensors.tensors().size() == 1);
  CHECK(tensors.find("mask") == nullptr);
  check_error(raised_by([&] { tensors.require("mask", {3}); }), ErrorCode::kFormat, {"'mask'", "dtype BOOL"});
  check_error(raised_by([&] { tensors.require("deep", {2}); }), ErrorCode::kFormat, {"'deep'", "7 dimensions"});
  check_error(error_of_tensor(R"({"dtype":"BOOL","shape":[3],"data_offsets":[0,4]})", 4), ErrorCode::kFormat, {"t"});
}

TEST_CASE("truncated files are refused") {
  const std::string file = file_of(kGood, 38);
  for (std::size_t size = 0; size < file.size(); ++size) {
    INFO("size: ", size);
    CHECK(error_of(file.substr(0, size)).code == ErrorCode::kFormat);
  }
  check_error(error_of(file.substr(0, 5)), ErrorCode::kFormat, {"weights", "at least 8 bytes, found 5"});
  check_error(error_of(file.substr(0, 100)), ErrorCode::kFormat, {"truncated"});
  check_error(error_of(file.substr(0, file.size() - 1)), ErrorCode::kFormat, {"data_offsets", "<= 37"});
  check_error(error_of(file + "x"), ErrorCode::kFormat, {"expected 38 bytes of tensors", "found 39"});
}

TEST_CASE("a header length that cannot be true is refused before memory is taken") {
  check_error(error_of(with_length(100'000'001, "{}")), ErrorCode::kFormat, {"at most 100000000", "100000001"});
  check_error(error_of(with_length(UINT64_MAX, "{}")), ErrorCode::kFormat, {"not a safetensors file"});
  check_error(error_of(with_length(3, "{}")), ErrorCode::kFormat, {"truncated", "3 bytes, found 2"});
  check_error(error_of(with_length(0, "")), ErrorCode::kFormat, {"starts with '{'"});
  check_error(error_of(with_length(3, " {}")), ErrorCode::kFormat, {"starts with '{'"});
  check_error(error_of("PK\x03\x04 a zip file, such as pytorch_model.bin"), ErrorCode::kFormat, {"not a safetensors"});
}

TEST_CASE("overlaps and holes are refused with the tensor's name") {
  const auto two = [](const char* first, const char* second, std::size_t bytes) {
    return error_of(file_of(std::string(R"({"one":{"dtype":"U8","shape":[4],"data_offsets":)") + first +
                                R"(},"two":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
                            bytes));
  };
  CHECK(!two("[0,4]", "[4,8]", 8).any);
  CHECK(!two("[4,8]", "[0,4]", 8).any);
  check_error(two("[0,4]", "[2,6]", 6), ErrorCode::kFormat, {"tensor 'two'", "overlaps"});
  check_error(two("[0,4]", "[0,4]", 4), ErrorCode::kFormat, {"overlaps"});
  check_error(two("[0,4]", "[5,9]", 9), ErrorCode::kFormat, {"tensor 'two'", "hole"});
  check_error(two("[1,5]", "[5,9]", 9), ErrorCode::kFormat, {"tensor 'one'", "hole"});
  check_error(two("[0,4]", "[4,8]", 9), ErrorCode::kFormat, {"expected 8 bytes", "found 9"});
}

TEST_CASE("offsets, shapes and dtypes that do not fit each other are refused") {
  const auto check = [](const char* description, std::initializer_list<std::string_view> parts) {
    INFO(std::string(description));
    check_error(error_of_tensor(description, 8), ErrorCode::kFormat, parts);
  };
  check(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})", {"weights: t.data_offsets", "begin <= end"});
  check(R"({"dtype":"F32","shape":[2],"data_offsets":[0,9]})", {"<= 8", "[0,9]"});
  check(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})", {"negative"});
  check(R"({"dtype":"F32","shape":[2],"data_offsets":[0,1e30]})", {"expected an integer"});
  check(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})", {"expected [begin, end], found 1"});
  check(R"({"dtype":"F32","shape":[2],"data_offsets":"x"})", {"expected an array"});
  check(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", {"3 elements of dtype F32", "[0,8]"});
  check(R"({"dtype":"F64","shape":[2],"data_offsets":[0,8]})", {"2 elements of dtype F64"});
  check(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})", {"t.dtype", "found 'F31'"});
  check(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})", {"expected a string, found a number"});
  check(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})", {"t.shape[0]", "-2"});
  check(R"({"dtype":"F32","shape":[2.5],"data_offsets":[0,8]})", {"t.shape[0]", "expected an integer"});
  check(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})", {"exceeds 63 bits"});
  check(R"({"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]})", {"do not fill"});
  check(R"({"dtype":"F32","shape":[9223372036854775807,9,0],"data_offsets":[0,0]})", {"exceeds 63 bits"});
  check(R"({"shape":[2],"data_offsets":[0,8]})", {"'dtype' is missing"});
  check(R"({"dtype":"F32","data_offsets":[0,8]})", {"'shape' is missing"});
  check(R"({"dtype":"F32","shape":[2]})", {"'data_offsets' is missing"});
  check("[]", {"weights: t: expected an object"});
}

TEST_CASE("malformed headers are refused") {
  check_error(error_of(file_of("{", 0)), ErrorCode::kFormat, {"weights: "});
  check_error(error_of(file_of("{} x", 0)), ErrorCode::kFormat, {"weights: "});
  check_error(error_of(file_of("{\"a\":" + std::string(100, '['), 0)), ErrorCode::kFormat, {"nested too deeply"});
  check_error(error_of(file_of(R"({"__metadata__":{"a":1}})", 0)), ErrorCode::kFormat,
              {"__metadata__.a: expected a string"});
  check_error(error_of(file_of(R"({"__metadata__":[]})", 0)), ErrorCode::kFormat, {"expected an object"});
  const std::string tensor = R"("t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  check_error(error_of(file_of("{" + tensor + "," + tensor + "}", 0)), ErrorCode::kFormat, {"'t' appears twice"});
}

TEST_CASE("a file on disk is the same mapped or read, and stays valid when moved") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  write_file(path, file_of(kGood, 38));
  for (const auto access : {MappedFile::Access::kMap, MappedFile::Access::kRead}) {
    SafeTensors opened = SafeTensors::open(path, access);
    const SafeTensors tensors = std::move(opened);
    CHECK(tensors.load_f32("a", {2, 3}).data<float>()[5] == 0.0f);
    CHECK(tensors.where() == path);
  }
  check_error(raised_by([&] { SafeTensors::open(folder / "none", MappedFile::Access::kMap); }), ErrorCode::kIo,
              {"none'"});
  write_file(folder / "empty", "");
  check_error(raised_by([&] { SafeTensors::open(folder / "empty", MappedFile::Access::kMap); }), ErrorCode::kFormat,
              {"found 0"});
}

}  // namespace
}  // namespace vitpose::engine

#include <doctest/doctest.h>

#include "io/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

TEST_CASE("what is written is read back, every tensor on a cache line") {
  const TemporaryFolder folder;
  const std::string path = folder / "out.safetensors";
  std::vector<float> values(48);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.25f * static_cast<float>(i);
  const std::uint8_t bytes[64] = {1, 2, 3};
  for (std::size_t extra = 0; extra < 70; ++extra) {  // every residue of the header's length
    write_safetensors(path,
                      {{"a", DType::kF32, {3, 16}, values.data()},
                       {"nothing", DType::kF32, {0}, nullptr},
                       {"b", DType::kU8, {64}, bytes},
                       {"last \"quoted\"", DType::kF32, {}, values.data() + 5}},
                      {{"config", "{\"x\": 1}"}, {"pad", std::string(extra, 'p')}});
    const SafeTensors tensors = SafeTensors::open(path, MappedFile::Access::kRead);
    CHECK(tensors.metadata().at("config") == "{\"x\": 1}");
    CHECK(tensors.load_f32("a", {3, 16}).data<float>()[47] == values[47]);
    CHECK(tensors.load_f32("last \"quoted\"", {}).data<float>()[0] == values[5]);
    for (const auto& [name, tensor] : tensors.tensors()) {
      CHECK(reinterpret_cast<std::uintptr_t>(tensor.data) % kAlignment == 0);
    }
  }
  CHECK(folder.count() == 1);
}

TEST_CASE("an empty list of tensors makes a valid file") {
  const TemporaryFolder folder;
  write_safetensors(folder / "out", {}, {});
  CHECK(SafeTensors::open(folder / "out", MappedFile::Access::kMap).tensors().empty());
}

TEST_CASE("tensors that would leave the alignment or share a name are refused, and no file appears") {
  const TemporaryFolder folder;
  const std::uint8_t bytes[128] = {};
  const TensorToStore good{"a", DType::kU8, {64}, bytes}, odd{"odd", DType::kU8, {65}, bytes};
  const auto error_of = [&](const std::vector<TensorToStore>& tensors) {
    return raised_by([&] { write_safetensors(folder / "out", tensors, {}); });
  };
  check_error(error_of({odd, good}), ErrorCode::kInvalidArgument, {"'odd'", "multiple of 64", "found 65"});
  CHECK(folder.count() == 0);
  CHECK(!error_of({good, odd}).any);
  check_error(error_of({good, good}), ErrorCode::kInvalidArgument, {"'a' is taken"});
  check_error(error_of({{"__metadata__", DType::kU8, {64}, bytes}}), ErrorCode::kInvalidArgument, {"__metadata__"});
}

TEST_CASE("a full disk is reported and a failed write leaves nothing") {
  const std::vector<std::uint8_t> bytes(1 << 20);
  const TensorToStore tensor{"a", DType::kU8, {1 << 20}, bytes.data()};
  check_error(raised_by([&] { write_safetensors("/dev/full", {tensor}, {}); }), ErrorCode::kIo,
              {"/dev/full", "No space left"});
  const TemporaryFolder folder;
  check_error(raised_by([&] { write_safetensors(folder / "no/out", {tensor}, {}); }), ErrorCode::kIo, {"no/out'"});
}

}  // namespace
}  // namespace vitpose::engine

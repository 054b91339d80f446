#include <doctest/doctest.h>
#include <vector>

#include "io/npy.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

std::string npy(int version, const std::string& header, std::size_t data_bytes) {
  std::string file = "\x93NUMPY";
  file += {static_cast<char>(version), '\0'};
  const auto length = static_cast<std::uint32_t>(header.size());
  file.append(reinterpret_cast<const char*>(&length), version == 1 ? 2 : 4);
  return file + header + std::string(data_bytes, '\1');
}
Tensor parse(const std::string& file) {
  return parse_npy(as_bytes(file), "a.npy");
}
Raised error_of(const std::string& file) {
  return raised_by([&] { parse(file); });
}
// The error for a version 1 file with that header and eight bytes of data.
Raised error_of_header(const std::string& header) {
  return error_of(npy(1, header, 8));
}

constexpr const char* kHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }          \n";

TEST_CASE("arrays are read back as they were written, of every rank") {
  const TemporaryFolder folder;
  const float values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  for (const Shape& shape :
       {Shape{}, Shape{12}, Shape{3, 4}, Shape{1, 3, 2, 2}, Shape{1, 1, 1, 1, 1, 12}, Shape{0, 7}}) {
    write_npy(folder / "a.npy", DType::kF32, shape, values);
    CHECK(read_file(folder / "a.npy").size() % 64 == (static_cast<std::size_t>(shape.count()) * 4) % 64);
    const Tensor tensor = read_npy(folder / "a.npy");
    CHECK(tensor.shape() == shape);
    CHECK(tensor.dtype() == DType::kF32);
    CHECK(std::equal(values, values + shape.count(), tensor.data<float>()));
  }
  CHECK(folder.count() == 1);
}

TEST_CASE("the header is the one that NumPy writes") {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", DType::kF32, {5}, std::vector<float>(5).data());
  const std::string file = read_file(folder / "a.npy");
  CHECK(file.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(file.substr(10, 60) == "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }   ");
  CHECK(file.substr(120, 8) == "       \n");
}

TEST_CASE("every version and element type is read") {
  for (const int version : {1, 2, 3}) CHECK(parse(npy(version, kHeader, 8)).shape() == Shape{2, 1});
  const struct {
    const char* name;
    DType dtype;
  } types[] = {{"<f4", DType::kF32}, {"<f2", DType::kF16}, {"<f8", DType::kF64}, {"|i1", DType::kI8},
               {"|u1", DType::kU8},  {"<i4", DType::kI32}, {"<i8", DType::kI64}};
  for (const auto& [name, dtype] : types) {
    const std::string header = std::string("{'descr': '") + name + "', 'fortran_order': False, 'shape': (3,), }";
    CHECK(parse(npy(1, header, 3 * size_of(dtype))).dtype() == dtype);
  }
}

TEST_CASE("the header's freedom is accepted: order, quotes, spaces, no last comma") {
  CHECK(parse(npy(1, R"({"shape":(1,2,),"descr":"<f4","fortran_order":False})", 8)).shape() == Shape{1, 2});
  CHECK(parse(npy(1, " { 'shape' : ( 2L , ) , 'descr' : '<f4' , 'fortran_order' : False } \n", 8)).shape() == Shape{2});
}

TEST_CASE("Fortran order and other element types are refused by name") {
  check_error(error_of_header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }"), ErrorCode::kFormat,
              {"a.npy: expected C order, found Fortran order"});
  for (const char* const name : {">f4", "<c8", "<U3", "|b1", "|O", "<u4"}) {
    check_error(error_of_header(std::string("{'descr': '") + name + "', 'fortran_order': False, 'shape': (2,), }"),
                ErrorCode::kFormat, {"found '", name});
  }
  check_error(error_of_header("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }"), ErrorCode::kFormat,
              {"structured"});
}

TEST_CASE("truncated and overlong files are refused") {
  for (const int version : {1, 2}) {
    const std::string file = npy(version, kHeader, 8);
    for (std::size_t size = 0; size < file.size(); ++size) {
      INFO("size: ", size);
      CHECK(error_of(file.substr(0, size)).code == ErrorCode::kFormat);
    }
    check_error(error_of(file.substr(0, file.size() - 1)), ErrorCode::kFormat,
                {"expected 8 bytes for f32[2,1], found 7"});
    check_error(error_of(file + "x"), ErrorCode::kFormat, {"expected 8 bytes", "found 9"});
  }
  check_error(error_of("not numpy"), ErrorCode::kFormat, {"not an .npy file"});
  check_error(error_of(npy(4, kHeader, 8)), ErrorCode::kFormat, {"version 1, 2 or 3, found 4"});
}

TEST_CASE("malformed headers are refused") {
  const char* const headers[] = {
      "",
      "{",
      "{}",
      "[]",
      "{'descr': '<f4', 'fortran_order': False, }",
      "{'descr': '<f4', 'shape': (2,), }",
      "{'fortran_order': False, 'shape': (2,), }",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
      "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [2], }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } and more",
      "{'descr': '<f4', 'fortran_order: False, 'shape': (2,), }",
  };
  for (const char* const header : headers) {
    INFO("header: ", std::string(header));
    check_error(error_of_header(header), ErrorCode::kFormat, {"a.npy: malformed .npy header"});
  }
  check_error(error_of_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,2), }"),
              ErrorCode::kFormat, {"at most 6 dimensions"});
  check_error(error_of_header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"),
              ErrorCode::kFormat, {"exceeds 63 bits"});
  check_error(error_of_header("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }"),
              ErrorCode::kFormat, {"exceeds 63 bits"});
}

TEST_CASE("a type that NumPy lacks cannot be written, a full disk is reported") {
  const TemporaryFolder folder;
  const float value = 1;
  check_error(raised_by([&] { write_npy(folder / "a.npy", DType::kBF16, {1}, &value); }), ErrorCode::kInvalidArgument,
              {"bf16"});
  CHECK(folder.count() == 0);
  check_error(raised_by([&] { write_npy("/dev/full", DType::kF32, {1}, &value); }), ErrorCode::kIo, {"No space left"});
  check_error(raised_by([&] { read_npy(folder / "none.npy"); }), ErrorCode::kIo, {"none.npy"});
}

}  // namespace
}  // namespace vitpose::engine

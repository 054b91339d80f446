// What the tests of the command line share: running it, tiny models, pictures, JSON.
#pragma once

#include <cstdint>
#include <doctest/doctest.h>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "io/json.h"
#include "tests/support/files.h"
#include "tools/random_model/random_model.h"

namespace vitpose::test {

using engine::Json;
using engine::testing::TemporaryFolder;

struct Finished {
  int exit_code = -1;  // 128 + signal when it was killed
  std::string out;
  std::string err;
};

// Runs `vitpose` with these arguments in the folder of the test pictures; `input` is its standard input.
Finished vitpose(const std::vector<std::string>& arguments, const std::string& input = "");

// The command succeeds and says nothing on standard error.
std::string succeed(const std::vector<std::string>& arguments, const std::string& input = "");

// The command fails with this exit code, one line on standard error that begins with "vitpose: " and has these
// parts, and nothing on standard output.
void check_fails(int exit_code, const std::vector<std::string>& arguments,
                 std::initializer_list<std::string_view> parts);

const std::string& plain_model();   // 17 keypoints, one expert
const std::string& expert_model();  // 17 keypoints, three experts

// A folder with a.png (80 x 60), b.png (50 x 70) and 000000000785.png (64 x 64), where `vitpose` runs.
const std::string& picture_folder();

engine::Tensor read_f32(const std::string& path);
bool same_bits(const engine::Tensor& a, const engine::Tensor& b);
Json parse(const std::string& text);
std::vector<std::string> lines_of(const std::string& text);
// Of a line of JSON Lines: the poses, without the path and size that stand before them.
std::string poses_of(const std::string& line);
// The value of a JSON number (null: NaN) after the way through double to float.
float to_f32(const Json& number);

}  // namespace vitpose::test

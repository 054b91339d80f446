// What the tests of the public interface share: tiny models made on the spot, a picture, comparisons of bits.
#pragma once

#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tests/support/files.h"
#include "tools/random_model/random_model.h"
#include "vitpose/vitpose.hpp"

namespace vitpose::test {

using engine::testing::TemporaryFolder;
using tools::RandomModelOptions;

// Two layers of 32 features; 17 keypoints, crops of 256 x 192, simple decoder.
RandomModelOptions tiny_options();
// Folders that hold such models as long as the tests run.
const std::string& plain_model();
const std::string& expert_model();   // three experts
const std::string& classic_model();  // classic decoder

// 80 x 60 pixels, RGB, every one different from its neighbours.
struct TestPicture {
  int width = 80;
  int height = 60;
  std::vector<std::uint8_t> rgb;

  explicit TestPicture(unsigned seed = 1);
  ImageView image() const { return {.data = rgb.data(), .width = width, .height = height}; }
};

const std::vector<Box>& test_boxes();  // five, one of which leaves the picture

template <class Number>
bool same_bits(const std::vector<Number>& a, const std::vector<Number>& b) {
  static_assert(std::is_trivially_copyable_v<Number>);
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Number)) == 0);
}
bool same_bits(const Tensor& a, const Tensor& b);
bool same_bits(const Pose& a, const Pose& b);  // whichever image they belong to
bool same_bits(const std::vector<Pose>& a, const std::vector<Pose>& b);

// `call` raises an Error of this code whose message is one line with these parts.
template <class Call>
void check_refused(ErrorCode code, std::initializer_list<std::string_view> parts, Call&& call) {
  bool raised = false;
  try {
    call();
  } catch (const Error& error) {
    raised = true;
    const std::string message = error.what();
    INFO("message: ", message);
    CHECK(error.code() == code);
    CHECK(message.find('\n') == std::string::npos);
    for (const std::string_view part : parts) {
      INFO("expected part: ", std::string(part));
      CHECK(message.find(part) != std::string::npos);
    }
  }
  CHECK(raised);
}

}  // namespace vitpose::test

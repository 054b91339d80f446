#include <bit>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>

#include "core/dtype.h"

using namespace vitpose::engine;

namespace {

std::uint32_t bits_of(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

// The value a 16-bit float stands for, computed in double from its fields.
double value_of_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("every f16 widens to the value its fields say, and rounds back to itself") {
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const Float16 half{static_cast<std::uint16_t>(i)};
    const float wide = to_f32(half);
    if ((i & 0x7c00) == 0x7c00) {
      const bool infinite = (i & 0x3ff) == 0;
      CHECK(std::isinf(wide) == infinite);
      CHECK(std::isnan(wide) == !infinite);
      CHECK(std::signbit(wide) == ((i & 0x8000) != 0));
      continue;
    }
    REQUIRE(static_cast<double>(wide) == value_of_half(half.bits));
    REQUIRE(to_f16(wide).bits == half.bits);
  }
}

TEST_CASE("f32 rounds to the nearest f16, ties to even, over- and underflow included") {
  // Between two neighbouring halves lie a quarter point, the tie and a three-quarter point.
  for (std::uint32_t i = 0; i < 0x7bff; ++i) {
    const double low = value_of_half(static_cast<std::uint16_t>(i));
    const double high = value_of_half(static_cast<std::uint16_t>(i + 1));
    const auto even = static_cast<std::uint16_t>((i & 1u) == 0 ? i : i + 1);
    REQUIRE(to_f16(static_cast<float>(0.75 * low + 0.25 * high)).bits == i);
    REQUIRE(to_f16(static_cast<float>(0.5 * low + 0.5 * high)).bits == even);
    REQUIRE(to_f16(static_cast<float>(0.25 * low + 0.75 * high)).bits == i + 1);
  }
  CHECK(to_f16(65519.996f).bits == 0x7bff);
  CHECK(to_f16(65520.0f).bits == 0x7c00);
  CHECK(to_f16(1e30f).bits == 0x7c00);
  CHECK(to_f16(-std::numeric_limits<float>::infinity()).bits == 0xfc00);
  CHECK((to_f16(std::numeric_limits<float>::quiet_NaN()).bits & 0x7fff) > 0x7c00);
  CHECK(to_f16(-0.0f).bits == 0x8000);
}

TEST_CASE("bf16 widens exactly and rounds to nearest even") {
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const BFloat16 value{static_cast<std::uint16_t>(i)};
    REQUIRE(bits_of(to_f32(value)) == i << 16);
    if ((i & 0x7f80) == 0x7f80) continue;  // infinities and NaN are below
    const std::uint32_t even = (i & 1u) == 0 ? i : i + 1;
    REQUIRE(to_bf16(std::bit_cast<float>((i << 16) | 0x7fffu)).bits == i);
    REQUIRE(to_bf16(std::bit_cast<float>((i << 16) | 0x8000u)).bits == even);
    REQUIRE(to_bf16(std::bit_cast<float>((i << 16) | 0x8001u)).bits == i + 1);
  }
  CHECK(to_bf16(std::numeric_limits<float>::infinity()).bits == 0x7f80);
  CHECK(to_bf16(std::numeric_limits<float>::max()).bits == 0x7f80);
  CHECK((to_bf16(std::bit_cast<float>(0x7f800001u)).bits & 0x7fff) > 0x7f80);  // a NaN must not become infinity
}

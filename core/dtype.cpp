#include "core/dtype.h"

namespace vitpose::engine {

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "f32";
    case DType::kF16: return "f16";
    case DType::kBF16: return "bf16";
    case DType::kF64: return "f64";
    case DType::kI8: return "i8";
    case DType::kU8: return "u8";
    case DType::kI16: return "i16";
    case DType::kI32: return "i32";
    case DType::kI64: return "i64";
    case DType::kI4: return "i4";
  }
  return "?";
}

const char* storage_name(DType dtype) {
  return dtype == DType::kI8 ? "int8" : dtype == DType::kI4 ? "int4" : name_of(dtype);
}

float to_f32(Float16 value) {
  const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000u) << 16;
  const std::uint32_t exponent = (value.bits >> 10) & 0x1fu;
  const std::uint32_t fraction = value.bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  // Zero and subnormals: fraction * 2^-24 is exact in f32 and normal there, so no environment can flush it.
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

BFloat16 to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
  const std::uint32_t round_to_even = 0x7fffu + ((bits >> 16) & 1u);
  return {static_cast<std::uint16_t>((bits + round_to_even) >> 16)};
}

Float16 to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {static_cast<std::uint16_t>(sign | 0x7e00u)};
  if (magnitude >= 0x477ff000u) return {static_cast<std::uint16_t>(sign | 0x7c00u)};  // >= 65520 rounds to infinity
  const std::uint32_t exponent = magnitude >> 23;
  if (exponent <= 101) return {sign};  // below 2^-25: zero (2^-25 itself is a tie and is handled below as exponent 102)
  if (exponent < 113) {                // subnormal result: shift the full significand into place
    const std::uint32_t significand = (magnitude & 0x7fffffu) | 0x800000u;
    const std::uint32_t shift = 126 - exponent;
    const std::uint32_t kept = significand >> shift;
    const std::uint32_t rest = significand & ((1u << shift) - 1);
    const std::uint32_t half = 1u << (shift - 1);
    const std::uint32_t round_up = (rest > half || (rest == half && (kept & 1u))) ? 1u : 0u;
    return {static_cast<std::uint16_t>(sign | (kept + round_up))};
  }
  const std::uint32_t rebased = magnitude - (112u << 23);
  const std::uint32_t round_to_even = 0xfffu + ((rebased >> 13) & 1u);
  return {static_cast<std::uint16_t>(sign | ((rebased + round_to_even) >> 13))};
}

}  // namespace vitpose::engine

// Element types of stored tensors and the exact conversions between the float ones.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace vitpose::engine {

enum class DType : std::uint8_t { kF32, kF16, kBF16, kF64, kI8, kU8, kI16, kI32, kI64, kI4 };

// Of kI4, two of which share a byte: 0. What is packed so is stored as kU8.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64: return 8;
    case DType::kF32:
    case DType::kI32: return 4;
    case DType::kF16:
    case DType::kBF16:
    case DType::kI16: return 2;
    case DType::kI8:
    case DType::kU8: return 1;
    case DType::kI4: break;
  }
  return 0;
}

const char* name_of(DType dtype);       // "f32", "bf16", "i8", ...
const char* storage_name(DType dtype);  // as --dtype has it: "f32", "bf16", "int8", "int4"

// Distinct types, so that a bf16 buffer cannot be read as f16 or as integers by accident.
struct BFloat16 {
  std::uint16_t bits;
};
struct Float16 {
  std::uint16_t bits;
};

inline float to_f32(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}
float to_f32(Float16 value);

// Round to nearest, ties to even, by integer arithmetic; NaN stays NaN (quiet), overflow goes to infinity.
BFloat16 to_bf16(float value);
Float16 to_f16(float value);

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::kBF16;
};
template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::kF16;
};
template <>
struct DTypeOf<std::int8_t> {
  static constexpr DType value = DType::kI8;
};
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<std::int16_t> {
  static constexpr DType value = DType::kI16;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::kI64;
};

}  // namespace vitpose::engine

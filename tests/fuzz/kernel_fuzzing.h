// What the parts of fuzz_kernels share: a fuzzer's bytes read as decisions, numbers to compute with, and comparisons.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "tests/ops/definitions.h"
#include "tests/ops/fenced_buffer.h"
#include "tests/ops/test_support.h"

namespace vitpose::engine::test {

// Behind the last byte every decision is the first possibility.
class Decisions {
 public:
  Decisions(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  unsigned byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // Both included.
  Index between(Index low, Index high) {
    const Index possibilities = high - low + 1;
    Index value = byte();
    if (possibilities > 256) value = value * 256 + byte();
    return low + value % possibilities;
  }
  bool flag() { return byte() % 2 == 1; }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

// What all operands of one input have in common.
struct Setting {
  explicit Setting(Decisions& decisions)
      : state(static_cast<std::uint64_t>(decisions.between(0, 65535))),
        edges(static_cast<unsigned>(decisions.between(0, 65535))),
        fence(decisions.flag() ? Fence::kBegin : Fence::kEnd) {}

  std::uint64_t random() {  // splitmix64
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state;
  unsigned edges;  // one bit per kind of edge value
  Fence fence;
};

// Numbers for one operand: of a size, and with as many edge values, as decided.
class Numbers {
 public:
  Numbers(Setting& setting, Decisions& decisions) : setting_(setting) {
    const int size = static_cast<int>(decisions.byte());
    exponent_ = size < 128 ? 0 : 2 * (size - 192);
    edges_in_1024_ = decisions.byte();
  }

  float next() {
    const std::uint64_t bits = setting_.random();
    if (setting_.edges != 0 && (bits >> 32) % 1024 < edges_in_1024_) return edge();
    return std::ldexp(static_cast<float>(static_cast<std::int32_t>(bits)) * 0x1p-31f, exponent_);
  }
  void fill(float* p, Index count) {
    for (Index i = 0; i < count; ++i) p[i] = next();
  }
  void fill(BFloat16* p, Index count) {
    for (Index i = 0; i < count; ++i) p[i] = to_bf16(next());
  }
  std::vector<float> take(Index count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    fill(values.data(), count);
    return values;
  }

 private:
  float edge() {
    const auto& special = special_floats();
    std::uint64_t kind = setting_.random() % 16;
    while (((setting_.edges >> kind) & 1u) == 0) kind = (kind + 1) % 16;
    if (kind < special.size()) return special[kind];
    const auto bits = static_cast<std::uint32_t>(setting_.random());
    if (kind == 13) return std::bit_cast<float>(bits);                                     // anything, any NaN
    if (kind == 14) return std::bit_cast<float>(bits & 0x807fffffu);                       // denormal
    return std::bit_cast<float>((bits & 0x80ffffffu) | ((bits & 1u) ? 0x7e000000u : 0u));  // huge or tiny
  }

  Setting& setting_;
  int exponent_;
  unsigned edges_in_1024_;
};

// A fenced operand of such numbers.
template <class T>
class Operand : public FencedBuffer<T> {
 public:
  Operand(Setting& setting, Decisions& decisions, Index count, std::size_t alignment = alignof(T))
      : FencedBuffer<T>(count, setting.fence, alignment) {
    Numbers(setting, decisions).fill(this->data(), count);
  }
};

inline void assign(float& to, float value) {
  to = value;
}
inline void assign(BFloat16& to, float value) {
  to = to_bf16(value);
}

// For messages: "avx2: attention 13 x 64".
inline std::string name_case(const std::string& table, const char* verb, std::initializer_list<Index> sizes) {
  std::string name = table + ": " + verb;
  for (const Index size : sizes) name += (&size == sizes.begin() ? " " : " x ") + std::to_string(size);
  return name;
}

inline void require(bool holds, const std::string& what, const std::string& problem) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", what.c_str(), problem.c_str());
  std::abort();
}

// Ends the process unless `found` has the bits of `expected`, NaN for NaN.
template <class T>
void require_same(const std::string& what, FencedBuffer<T>& found, const std::vector<T>& expected) {
  require(found.intact(), what, "wrote beyond its memory");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const float is = widened(found.data()[i]);
    const float should_be = widened(expected[i]);
    if (same_bits(is, should_be)) continue;
    char problem[96];
    std::snprintf(problem, sizeof(problem), "element %zu is %a, expected %a", i, static_cast<double>(is),
                  static_cast<double>(should_be));
    require(false, what, problem);
  }
}

// a_dtype: f32, bf16 or u8.
void fuzz_product(Setting& setting, Decisions& decisions, DType a_dtype);
void fuzz_bf16_attention(Setting& setting, Decisions& decisions);
void fuzz_bf16_activations(Setting& setting, Decisions& decisions);
void fuzz_quantise(Setting& setting, Decisions& decisions);

}  // namespace vitpose::engine::test

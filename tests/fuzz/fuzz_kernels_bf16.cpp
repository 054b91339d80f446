// The verbs that only the tables of bf16 and int8 have, but for the products, against their definitions.
#include "ops/bf16_kernels.h"
#include "ops/int8_kernels.h"
#include "tests/fuzz/kernel_fuzzing.h"
#include "tests/ops/definitions.h"

namespace vitpose::engine::test {

void fuzz_bf16_attention(Setting& setting, Decisions& decisions) {
  AttentionBf16Arguments s;
  s.tokens = decisions.between(1, 70);  // and products: the emulation takes its time
  s.head_size = 2 * decisions.between(1, std::clamp<Index>(30'000 / (s.tokens * s.tokens), 1, 100));
  s.qkv_stride = 3 * s.head_size + 2 * decisions.between(0, 20);
  s.out_stride = s.head_size + decisions.between(0, 20);
  Operand<BFloat16> qkv(setting, decisions, (s.tokens - 1) * s.qkv_stride + 3 * s.head_size, sizeof(float));
  s.q = qkv.data();
  s.k = s.q + s.head_size;
  s.v = s.k + s.head_size;
  Operand<BFloat16> out(setting, decisions, (s.tokens - 1) * s.out_stride + s.head_size);
  const std::vector<BFloat16> before(out.data(), out.data() + out.count());
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    std::vector<BFloat16> expected = before;
    s.out = expected.data();
    defined_attention(s, pair_order(kernels->name));
    s.out = out.data();
    Operand<float> scratch(setting, decisions, attention_bf16_scratch_floats(s.tokens, s.head_size), kAlignment);
    kernels->attention(s, scratch.data());
    const std::string what = name_case(kernels->name, "bf16 attention", {s.tokens, s.head_size});
    require(scratch.intact(), what, "wrote beyond the scratch memory");
    require_same(what, out, expected);
  }
}

// Rounding, and relu.
void fuzz_bf16_activations(Setting& setting, Decisions& decisions) {
  const Index count = decisions.between(1, 200);
  Operand<float> x(setting, decisions, count);
  Operand<BFloat16> narrow(setting, decisions, count);
  FencedBuffer<BFloat16> out(count, setting.fence);
  const std::vector<BFloat16> before(narrow.data(), narrow.data() + count);
  std::vector<BFloat16> rounded;
  std::vector<BFloat16> relu;
  for (Index i = 0; i < count; ++i) {
    rounded.push_back(to_bf16(flush_denormal(x.data()[i])));
    relu.push_back(to_bf16(flush_denormal(plain_relu(to_f32(narrow.data()[i])))));
  }
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    kernels->round(x.data(), out.data(), count);
    require_same(name_case(kernels->name, "round", {count}), out, rounded);
    const std::string what = name_case(kernels->name, "relu of bf16", {count});
    kernels->relu(narrow.data(), out.data(), count);
    require_same(what, out, relu);
    kernels->relu(narrow.data(), narrow.data(), count);
    require_same(what + ", in place", narrow, relu);
    std::copy(before.begin(), before.end(), narrow.data());
  }
}

namespace {

// One row of `count` numbers to `padded` bytes, or words that hold them.
struct Quantising {
  Setting& setting;
  Index count;
  Index padded;

  template <class Element, class Kernel, class T>
  void check(const char* table, Kernel kernel, const T* x) {
    const std::string what = name_case(table, "quantise", {count, padded});
    const DefinedBytes expected = defined_bytes(x, count, padded);
    FencedBuffer<Element> out(padded, setting.fence);
    float scale = -1.0f;
    float zero = -1.0f;
    kernel(x, count, out.data(), padded, &scale, &zero);
    require(out.intact(), what, "wrote beyond its memory");
    require(same_bits(scale, expected.scale), what, "the scale differs");
    if (std::isnan(scale)) return;  // whatever the integers are, what comes of them is NaN
    require(same_bits(zero, expected.zero), what, "the zero differs");
    require(std::equal(expected.bytes.begin(), expected.bytes.end(), out.data()), what, "an integer differs");
  }
};

}  // namespace

void fuzz_quantise(Setting& setting, Decisions& decisions) {
  const Index count = decisions.between(1, 300);
  Quantising row{setting, count, count + decisions.between(0, 70)};
  Operand<BFloat16> narrow(setting, decisions, count);
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    row.check<std::uint8_t>(kernels->name, kernels->quantise, narrow.data());
  }
  Operand<float> x(setting, decisions, count);
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    if (kernels->rows == DType::kU8) row.check<std::uint8_t>(kernels->name, kernels->quantise, x.data());
    if (kernels->rows == DType::kI16) row.check<std::int16_t>(kernels->name, kernels->quantise, x.data());
  }
}

}  // namespace vitpose::engine::test

// Any bytes are sizes, strides and numbers for one verb of the kernel tables, and every table leaves the bits of the
// verb's definition and nothing else. The first byte is the verb.
#include "ops/bf16_kernels.h"
#include "ops/kernels.h"
#include "ops/reference/plain.h"
#include "ops/reference/reference_backend.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/kernel_fuzzing.h"
#include "tests/ops/definitions.h"

namespace vitpose::engine::test {
namespace {

void fuzz_attention(Setting& setting, Decisions& decisions) {
  AttentionArguments s;
  s.tokens = decisions.between(1, 150);
  s.head_size = decisions.between(1, std::clamp<Index>(60'000 / (s.tokens * s.tokens), 1, 300));  // speed
  s.qkv_stride = 3 * s.head_size + decisions.between(0, 20);
  s.out_stride = s.head_size + decisions.between(0, 20);
  Operand<float> qkv(setting, decisions, (s.tokens - 1) * s.qkv_stride + 3 * s.head_size);
  s.q = qkv.data();
  s.k = s.q + s.head_size;
  s.v = s.k + s.head_size;
  Operand<float> out(setting, decisions, (s.tokens - 1) * s.out_stride + s.head_size);
  std::vector<float> expected(out.data(), out.data() + out.count());
  s.out = expected.data();
  reference_attention(s);
  s.out = out.data();
  for (const KernelTable* table : available_kernel_tables()) {
    Operand<float> scratch(setting, decisions, attention_scratch_floats(s.tokens, s.head_size), kAlignment);
    table->attention(s, scratch.data());
    const std::string what = name_case(table->name, "attention", {s.tokens, s.head_size});
    require(scratch.intact(), what, "wrote beyond the scratch memory");
    require_same(what, out, expected);
  }
}

void fuzz_layer_norm(Setting& setting, Decisions& decisions) {
  constexpr float kEpsilons[] = {1e-12f, 1e-6f, 0.0f};
  const Index rows = decisions.between(1, 12);
  const Index columns = decisions.between(1, 400);
  const Index stride = columns + decisions.between(0, 20);
  const Index out_stride = columns + decisions.between(0, 20);
  Operand<float> x(setting, decisions, (rows - 1) * stride + columns);
  Operand<float> weight(setting, decisions, columns);
  Operand<float> bias(setting, decisions, columns);
  const LayerNormWeights weights{weight.data(), bias.data(), kEpsilons[decisions.between(0, 2)]};
  Operand<float> out(setting, decisions, (rows - 1) * out_stride + columns);
  Operand<BFloat16> narrow(setting, decisions, out.count());
  std::vector<float> expected(out.data(), out.data() + out.count());
  std::vector<BFloat16> expected_narrow(narrow.data(), narrow.data() + out.count());
  std::vector<float> in_place(x.data(), x.data() + x.count());
  const std::vector<float> before = in_place;
  for (Index r = 0; r < rows; ++r) {
    reference_layer_norm_row(x.data() + r * stride, columns, weights, expected.data() + r * out_stride);
    for (Index c = 0; c < columns; ++c) {
      const float value = expected[static_cast<std::size_t>(r * out_stride + c)];
      expected_narrow[static_cast<std::size_t>(r * out_stride + c)] = to_bf16(flush_denormal(value));
      in_place[static_cast<std::size_t>(r * stride + c)] = value;
    }
  }
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    kernels->layer_norm({x.data(), rows, columns, stride}, weights, {narrow.data(), rows, columns, out_stride});
    require_same(name_case(kernels->name, "layer norm to bf16", {rows, columns}), narrow, expected_narrow);
  }
  for (const KernelTable* table : available_kernel_tables()) {
    const std::string what = name_case(table->name, "layer norm", {rows, columns});
    table->layer_norm({x.data(), rows, columns, stride}, weights, {out.data(), rows, columns, out_stride});
    require_same(what, out, expected);
    table->layer_norm({x.data(), rows, columns, stride}, weights, {x.data(), rows, columns, stride});
    require_same(what + ", in place", x, in_place);
    std::copy(before.begin(), before.end(), x.data());
  }
}

// gelu and relu
void fuzz_activations(Setting& setting, Decisions& decisions) {
  const Index count = decisions.between(1, 200);
  Operand<float> x(setting, decisions, count);
  FencedBuffer<float> out(count, setting.fence);
  const std::vector<float> before(x.data(), x.data() + count);
  std::vector<float> gelu;
  std::vector<float> relu;
  for (const float value : before) {
    gelu.push_back(reference_gelu(value));
    relu.push_back(plain_relu(value));
  }
  const auto check = [&](const KernelTable& table, auto kernel, const char* verb, const std::vector<float>& expected) {
    const std::string what = name_case(table.name, verb, {count});
    kernel(x.data(), out.data(), count);
    require_same(what, out, expected);
    kernel(x.data(), x.data(), count);
    require_same(what + ", in place", x, expected);
    std::copy(before.begin(), before.end(), x.data());
  };
  for (const KernelTable* table : available_kernel_tables()) {
    check(*table, table->gelu, "gelu", gelu);
    check(*table, table->relu, "relu", relu);
  }
}

void fuzz_add_row(Setting& setting, Decisions& decisions) {
  const Index rows = decisions.between(1, 9);
  const Index columns = decisions.between(1, 100);
  const Index stride = columns + decisions.between(0, 20);
  Operand<float> x(setting, decisions, (rows - 1) * stride + columns);
  Operand<float> row(setting, decisions, columns);
  const std::vector<float> before(x.data(), x.data() + x.count());
  std::vector<float> expected = before;
  for (Index i = 0; i < x.count(); ++i) {
    if (i % stride < columns) expected[static_cast<std::size_t>(i)] += row.data()[i % stride];
  }
  for (const KernelTable* table : available_kernel_tables()) {
    std::copy(before.begin(), before.end(), x.data());
    table->add_row({x.data(), rows, columns, stride}, row.data());
    require_same(name_case(table->name, "add_row", {rows, columns, stride}), x, expected);
  }
}

void fuzz_upsampled_convolution(Setting& setting, Decisions& decisions) {
  UpsampledConvolutionArguments a;
  a.height = decisions.between(1, 20);
  a.width = decisions.between(1, 20);
  a.keypoints = decisions.between(1, 3);
  a.scale = decisions.between(1, 5);
  Operand<float> maps(setting, decisions, a.height * a.width * 9 * a.keypoints);
  Operand<float> bias(setting, decisions, a.keypoints);
  a.tap_maps = maps.data();
  a.bias = bias.data();
  std::vector<float> expected(static_cast<std::size_t>(a.keypoints * a.height * a.width * a.scale * a.scale));
  a.out = expected.data();
  for (Index k = 0; k < a.keypoints; ++k) reference_upsampled_convolution(a, k);
  FencedBuffer<float> out(static_cast<Index>(expected.size()), setting.fence);
  Operand<float> scratch(setting, decisions, upsampled_convolution_scratch_floats(a));
  a.out = out.data();
  for (const KernelTable* table : available_kernel_tables()) {
    for (Index k = 0; k < a.keypoints; ++k) table->upsampled_convolution(a, k, scratch.data());
    const std::string what = name_case(table->name, "upsampled convolution", {a.height, a.width, a.keypoints, a.scale});
    require(scratch.intact(), what, "wrote beyond the scratch memory");
    require_same(what, out, expected);
  }
}

}  // namespace
}  // namespace vitpose::engine::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vitpose::engine;
  using namespace vitpose::engine::test;
  Decisions decisions(data, size);
  const unsigned verb = decisions.byte() % 11;
  Setting setting(decisions);
  switch (verb) {
    case 0: fuzz_product(setting, decisions, DType::kF32); break;
    case 1: fuzz_product(setting, decisions, DType::kBF16); break;
    case 2: fuzz_product(setting, decisions, DType::kU8); break;
    case 3: fuzz_attention(setting, decisions); break;
    case 4: fuzz_bf16_attention(setting, decisions); break;
    case 5: fuzz_layer_norm(setting, decisions); break;
    case 6: fuzz_activations(setting, decisions); break;
    case 7: fuzz_bf16_activations(setting, decisions); break;
    case 8: fuzz_quantise(setting, decisions); break;
    case 9: fuzz_add_row(setting, decisions); break;
    default: fuzz_upsampled_convolution(setting, decisions); break;
  }
  return 0;
}

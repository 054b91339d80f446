// The same products by oneDNN, on one core and streamed weights in the order that it prefers: what ours are measured
// against. It has two ways, of which now one and now the other is faster. Its int8 has scales for channels but none for
// rows, and no zeros: a little less work than ours.
#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>

#include "bench/gemm_products.h"

namespace vitpose::engine::bench {
namespace {

using dnnl::memory;

memory::data_type library_type(DType dtype) {
  switch (dtype) {
    case DType::kBF16: return memory::data_type::bf16;
    case DType::kI8: return memory::data_type::s8;
    case DType::kU8: return memory::data_type::u8;
    default: return memory::data_type::f32;
  }
}

// Debian's oneDNN computes with OpenMP, whose threads are set where that was loaded, if it was.
void use_one_thread() {
  if (void* const set = dlsym(RTLD_DEFAULT, "omp_set_num_threads")) reinterpret_cast<void (*)(int)>(set)(1);
}

// Versions 2 and 3 differ in scales, eltwise arguments and descriptors.
dnnl::primitive_attr attributes(const Product& product, DType weights, [[maybe_unused]] int channel_axis) {
  dnnl::primitive_attr result;
  dnnl::post_ops after;
#if DNNL_VERSION_MAJOR >= 3
  if (weights == DType::kI8) result.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << channel_axis);
  const auto add_eltwise = [&](dnnl::algorithm what) { after.append_eltwise(what, 0.0f, 0.0f); };
#else
  const std::vector<float> scales(static_cast<std::size_t>(product.n), 0.01f);
  if (weights == DType::kI8) result.set_output_scales(1 << 1, scales);
  const auto add_eltwise = [&](dnnl::algorithm what) { after.append_eltwise(1.0f, what, 0.0f, 0.0f); };
#endif
  if (product.epilogue == Epilogue::kGelu) add_eltwise(dnnl::algorithm::eltwise_gelu_erf);
  if (product.epilogue == Epilogue::kRelu) add_eltwise(dnnl::algorithm::eltwise_relu);
  if (product.epilogue == Epilogue::kAccumulate) after.append_sum(1.0f);
  result.set_post_ops(after);
  return result;
}

memory::desc plain(const memory::dims& dims, memory::data_type type) {
  return {dims, type, dims.size() == 1 ? memory::format_tag::a : memory::format_tag::ab};
}

struct Operands {
  memory::desc a;
  memory::desc weights;
  memory::desc bias;
  memory::desc c;
};

Operands operands(const Product& product, DType weights, const memory::dims& weight_dims, const memory::dims& bias) {
  return {plain({product.rows, product.k}, library_type(weights == DType::kI8 ? DType::kU8 : weights)),
          memory::desc(weight_dims, library_type(weights), memory::format_tag::any),
          plain(bias, memory::data_type::f32),
          plain({product.rows, product.n}, library_type(output_type(weights, product.epilogue)))};
}

struct InnerProduct {
  using Primitive = dnnl::inner_product_forward;
  static constexpr const char* kName = "onednn_inner_product";

  static Primitive::primitive_desc describe(const dnnl::engine& engine, const Product& product, DType weights) {
    constexpr auto kind = dnnl::prop_kind::forward_inference;
    const dnnl::primitive_attr attr = attributes(product, weights, 0);
    const auto [a, w, bias, c] = operands(product, weights, {product.n, product.k}, {product.n});
#if DNNL_VERSION_MAJOR >= 3
    return {engine, kind, a, w, bias, c, attr};
#else
    return {{kind, a, w, bias, c}, attr, engine};
#endif
  }
};

struct Matmul {
  using Primitive = dnnl::matmul;
  static constexpr const char* kName = "onednn_matmul";

  static Primitive::primitive_desc describe(const dnnl::engine& engine, const Product& product, DType weights) {
    const dnnl::primitive_attr attr = attributes(product, weights, 1);
    const auto [a, w, bias, c] = operands(product, weights, {product.k, product.n}, {1, product.n});
#if DNNL_VERSION_MAJOR >= 3
    return {engine, a, w, bias, c, attr};
#else
    return {{a, w, bias, c}, attr, engine};
#endif
  }
};

// The instruction set whose peak counts for what oneDNN chose.
std::string_view isa_of(std::string_view implementation, DType weights) {
  if (weights != DType::kF32) return implementation.find("amx") != implementation.npos ? "amx" : "avx512_bf16";
  return implementation.find("avx512") != implementation.npos ? "avx512" : "avx2";
}

template <class Way>
void run(benchmark::State& state, const Product& product, DType dtype) {
  use_one_thread();
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  std::optional<typename Way::Primitive::primitive_desc> description;
  try {
    description = Way::describe(engine, product, dtype);
  } catch (const dnnl::error& error) {
    state.SkipWithError(error.what());
    return;
  }
  const std::string implementation = description->impl_info_str();
  if (implementation.find("ref") != implementation.npos) {
    state.SkipWithError(("reference loops: " + implementation).c_str());
    return;
  }
  const memory::desc order = description->weights_desc();
  memory first(order, engine);
  std::memset(first.get_data_handle(), 0x3c, order.get_size());  // small numbers in every type
  StreamedWeights copies(first.get_data_handle(), order.get_size());
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, memory(description->src_desc(), engine)},
                                            {DNNL_ARG_WEIGHTS, first},
                                            {DNNL_ARG_BIAS, memory(description->bias_desc(), engine)},
                                            {DNNL_ARG_DST, memory(description->dst_desc(), engine)}};
  for (const int argument : {DNNL_ARG_SRC, DNNL_ARG_BIAS, DNNL_ARG_DST}) {
    memory& operand = arguments.at(argument);
    std::memset(operand.get_data_handle(), 0x3c, operand.get_desc().get_size());
  }
#if DNNL_VERSION_MAJOR >= 3
  Floats scales(product.n);
  if (dtype == DType::kI8) {
    const memory::desc each({product.n}, memory::data_type::f32, memory::format_tag::a);
    arguments.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, memory(each, engine, scales.data()));
  }
#endif
  const typename Way::Primitive primitive(*description);
  time_product(state, product, isa_of(implementation, dtype), dtype, [&] {
    arguments.at(DNNL_ARG_WEIGHTS).set_data_handle(copies.next());
    primitive.execute(stream, arguments);
    stream.wait();
  });
}

template <class Way>
void add(const Product& product, const std::string& name) {
  for (const DType dtype : kProductTypes) {
    const std::string full_name = name + "/" + storage_name(dtype) + "/" + Way::kName;
    benchmark::RegisterBenchmark(full_name.c_str(), [=](benchmark::State& state) {
      run<Way>(state, product, dtype);
    })->Unit(benchmark::kMicrosecond);
  }
}

const bool registered = [] {
  for_all_products([](const Product& product, const std::string& name) {
    add<InnerProduct>(product, name);
    add<Matmul>(product, name);
  });
  return true;
}();

}  // namespace
}  // namespace vitpose::engine::bench

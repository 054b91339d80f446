// The matrix products of a forward on one core, for every kernel and arithmetic: GFLOP/s and the share of the peak
// measured around them. The weights are streamed; bytes of A are quantised beforehand. gemm_table.py sets them
// beside oneDNN's.
#include "bench/gemm_products.h"
#include "ops/native/native_backend.h"

namespace vitpose::engine::bench {
namespace {

class Products final : public NativeBackend {
 public:
  using NativeBackend::multiply;
  using NativeBackend::NativeBackend;
};

// A, bias and C of a product, in the types that go with the weights'.
class Operands {
 public:
  Operands(const Product& product, DType weights)
      : product_(product),
        a_type_(weights == DType::kI8 ? DType::kU8 : weights),
        c_type_(output_type(weights, product.epilogue)),
        floats_(product.rows * activation_stride(DType::kF32, product.k)),
        bf16_(product.rows * activation_stride(DType::kBF16, product.k)),
        bytes_(product.rows * activation_stride(DType::kU8, product.k)),
        scales_(product.rows),
        zeros_(product.rows),
        bias_(product.n),
        out_(product.rows * activation_stride(c_type_, product.n)) {
    for (Index i = 0; i < bytes_.count(); ++i) bytes_.data()[i] = static_cast<std::uint8_t>(i * 37);
    for (Index r = 0; r < product.rows; ++r) zeros_.data()[r] = 128.0f;
  }

  GemmArguments arguments(const LinearWeights& weights) {
    GemmArguments g;
    g.rows = product_.rows;
    g.a = a();
    g.a_dtype = a_type_;
    g.a_scales = scales_.data();
    g.a_zeros = zeros_.data();
    g.a_layout = RowLayout::plain(product_.rows, activation_stride(a_type_, product_.k));
    g.weights = weights.matrix;
    g.bias = weights.bias;
    g.c = out_.data();
    g.c_dtype = c_type_;
    g.c_layout = RowLayout::plain(product_.rows, activation_stride(c_type_, product_.n));
    g.epilogue = product_.epilogue;
    return g;
  }
  const float* bias() { return bias_.data(); }

 private:
  const void* a() {
    if (a_type_ == DType::kU8) return bytes_.data();
    if (a_type_ == DType::kBF16) return bf16_.data();
    return floats_.data();
  }

  Product product_;
  DType a_type_;
  DType c_type_;
  Floats floats_;
  BFloat16s bf16_;
  Values<std::uint8_t> bytes_;
  Floats scales_;
  Floats zeros_;
  Floats bias_;
  Floats out_;
};

void run(benchmark::State& state, const Products& backend, std::string_view isa, const Product& product, DType dtype) {
  Floats plain(product.n * product.k);
  const TensorView<const float> matrix(plain.data(), {product.n, product.k});
  QuantisedMatrix quantised;
  if (dtype == DType::kI8) quantised = quantise_matrix(matrix);
  const Tensor packed = dtype == DType::kI8 ? Tensor{} : pack_matrix(matrix, dtype);
  LinearWeights weights;
  weights.matrix =
      dtype == DType::kI8 ? packed_view(quantised, product.n, product.k) : packed_view(packed, product.n, product.k);
  const std::size_t bytes = static_cast<std::size_t>(weights.matrix.panels() * weights.matrix.panel_stride());
  StreamedWeights copies(weights.matrix.data, bytes * size_of(dtype));
  Operands operands(product, dtype);
  weights.bias = operands.bias();
  Workspace workspace;
  time_product(state, product, isa, dtype, [&] {
    weights.matrix.data = copies.next();
    backend.multiply(operands.arguments(weights), weights, workspace);
  });
}

const bool registered = [] {
  for_all_products([](const Product& product, const std::string& name) {
    for_all_tables(name + "/f32", [=](benchmark::State& state, const KernelTable& table) {
      run(state, Products(table, std::make_shared<ThreadPool>(1)), table.name, product, DType::kF32);
    });
    for (const DType dtype : {DType::kBF16, DType::kI8}) {
      for_all_bf16_kernels(name + "/" + storage_name(dtype), [=](benchmark::State& state, const Bf16Kernels& kernels) {
        run(state, Products(find_kernel_table(""), std::make_shared<ThreadPool>(1), &kernels), kernels.name, product,
            dtype);
      });
    }
  });
  return true;
}();

}  // namespace
}  // namespace vitpose::engine::bench

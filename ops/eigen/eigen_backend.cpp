#include "ops/eigen/eigen_backend.h"

#include <cstring>

#include "ops/eigen/eigen_product.h"
#include "ops/library/library_backend.h"

namespace vitpose::engine {

namespace {

EigenProduct product_for([[maybe_unused]] std::string_view isa) {
#if defined(__x86_64__)
  if (isa == "avx512") return eigen_product_avx512;
  if (isa == "avx2") return eigen_product_avx2;
#endif
  return eigen_product_scalar;
}

class EigenBackend final : public LibraryBackend {
 public:
  EigenBackend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool)
      : LibraryBackend("eigen", kernels, std::move(pool)), product_(product_for(kernels.name)) {}

 private:
  // Eigen packs both operands for every product; more channels would share the rows' packing, and fill fewer threads.
  Index block_channels(Index) const override { return 128; }

  std::shared_ptr<const void> prepare_block(const float* weights, Index channels, Index k) const override {
    Tensor block(DType::kF32, Shape({channels, k}));
    std::memcpy(block.raw(), weights, block.size_bytes());
    return std::make_shared<const Tensor>(std::move(block));
  }

  Index tile_scratch_floats(Index, Index, Index) const override { return 0; }

  void multiply_tile(const Tile& tile) const override {
    const auto& weights = *static_cast<const Tensor*>(tile.weights);
    product_(tile.a, tile.rows, weights.data<float>(), tile.channels, tile.k, tile.out);
  }

  EigenProduct product_;
};

}  // namespace

std::unique_ptr<Backend> make_eigen_backend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool) {
  return std::make_unique<EigenBackend>(kernels, std::move(pool));
}

}  // namespace vitpose::engine

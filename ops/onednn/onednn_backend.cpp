#include "ops/onednn/onednn_backend.h"

#include "ops/library/library_backend.h"
#include "ops/onednn/onednn_library.h"

namespace vitpose::engine {

namespace {

class OneDnnBackend final : public LibraryBackend {
 public:
  OneDnnBackend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool)
      : LibraryBackend("onednn", kernels, std::move(pool)) {
    library_.product(kTileRows, 128, 768);  // an error belongs here, not into the first forward
  }

 private:
  // A block's weights should stay in the second-level cache beside the rows: 0.4 to 0.8 MB.
  Index block_channels(Index k) const override { return k <= 1536 ? 128 : 64; }

  std::shared_ptr<const void> prepare_block(const float* weights, Index channels, Index k) const override {
    return std::make_shared<const dnnl::memory>(library_.reorder_weights(weights, channels, k));
  }

  Index tile_scratch_floats(Index rows, Index channels, Index k) const override {
    constexpr Index kFloat = sizeof(float);
    return (library_.product(rows, channels, k).scratch_bytes() + kFloat - 1) / kFloat;
  }

  void multiply_tile(const Tile& tile) const override {
    const auto& weights = *static_cast<const dnnl::memory*>(tile.weights);
    library_.multiply(library_.product(tile.rows, tile.channels, tile.k), tile.a, weights, tile.out, tile.scratch);
  }

  OneDnnLibrary library_;
};

}  // namespace

std::unique_ptr<Backend> make_onednn_backend(const KernelTable& kernels, std::shared_ptr<ThreadPool> pool) {
  return std::make_unique<OneDnnBackend>(kernels, std::move(pool));
}

}  // namespace vitpose::engine

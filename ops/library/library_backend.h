// The base of the backends that take their matrix products from another library; everything else is native.
//
// A product is cut into tiles: 192 rows by a block of output channels. The library multiplies a tile of dense
// operands on one of our threads, into scratch memory; bias and epilogue are ours, on the way from there to C.
// Rows that are not dense (windows of an image) are gathered first.
#pragma once

#include "ops/native/native_backend.h"

namespace vitpose::engine {

class LibraryBackend : public NativeBackend {
 public:
  LibraryBackend(const char* library, const KernelTable& kernels, std::shared_ptr<ThreadPool> pool)
      : NativeBackend(kernels, std::move(pool)), library_(library) {}

  // The library and the instruction set of everything that is native.
  std::string name() const final { return std::string(library_) + "/" + kernels().name; }
  void prepare(LinearWeights& weights) const final;

 protected:
  static constexpr Index kTileRows = 192;  // the tokens of one crop

  struct Tile {
    const float* a;  // [rows, k]
    Index rows;
    const void* weights;  // what prepare_block() made of W [channels, k]
    Index channels;
    Index k;
    float* out;      // [rows, channels]
    float* scratch;  // tile_scratch_floats()
  };

  void multiply(const GemmArguments& arguments, const LinearWeights& weights, Workspace& workspace) const final;

 private:
  virtual Index block_channels(Index k) const = 0;
  // W [channels, k], row-major, in the library's own order.
  virtual std::shared_ptr<const void> prepare_block(const float* weights, Index channels, Index k) const = 0;
  virtual Index tile_scratch_floats(Index rows, Index channels, Index k) const = 0;
  // out = a W^T; may throw.
  virtual void multiply_tile(const Tile& tile) const = 0;

  const float* dense_rows(const GemmArguments& arguments, Workspace& workspace) const;
  void finish(const GemmArguments& arguments, const Tile& tile, Index first_row, Index first_channel) const;

  const char* library_;
};

}  // namespace vitpose::engine

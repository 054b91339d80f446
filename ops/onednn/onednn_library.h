// oneDNN as this engine uses it: one single-threaded f32 product of a tile of rows with a block of channels.
// The only file, with its .cpp, that knows oneDNN; it compiles against 2.6 and 3.x.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>

#include "core/shape.h"

namespace vitpose::engine {

class OneDnnLibrary {
 public:
  OneDnnLibrary();

  // A product of fixed shape: out [rows, channels] = a [rows, k] W^T, all dense.
  struct Product {
    dnnl::inner_product_forward primitive;
    dnnl::memory::desc a, weights, out, scratch;
    Index scratch_bytes() const { return static_cast<Index>(scratch.get_size()); }
  };

  // Made at the first request for a shape, then kept. Error kUnsupported if oneDNN has only its reference loops.
  const Product& product(Index rows, Index channels, Index k) const;

  // W [channels, k], row-major, in the order that every product of this many channels and k reads.
  dnnl::memory reorder_weights(const float* weights, Index channels, Index k) const;

  // `scratch` holds product.scratch_bytes(). Any number of threads at once.
  void multiply(const Product& product, const float* a, const dnnl::memory& weights, float* out, void* scratch) const;

 private:
  using Key = std::tuple<Index, Index, Index>;  // rows, channels, k

  Product make_product(Index rows, Index channels, Index k, const dnnl::memory::desc& weights) const;

  dnnl::engine engine_;
  mutable std::mutex mutex_;
  mutable std::map<Key, Product> products_;  // a map's elements stay where they are
};

}  // namespace vitpose::engine

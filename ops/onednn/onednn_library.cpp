#include "ops/onednn/onednn_library.h"

#include <dlfcn.h>
#include <new>
#include <string_view>

#include "core/error.h"

namespace vitpose::engine {
namespace {

using dnnl::memory;

// The number of rows that weights are ordered for.
constexpr Index kUsualRows = 192;

// Debian's oneDNN runs on OpenMP, whose threads would come on top of ours. While this lives, OpenMP gives the
// calling thread a team of one; a primitive remembers that from its creation. The functions are looked up rather
// than linked: it must be the runtime that oneDNN uses, whatever that is, and there may be none.
class OneOpenMpThread {
 public:
  OneOpenMpThread() : before_(api().get != nullptr ? api().get() : 0) { set(1); }
  ~OneOpenMpThread() { set(before_); }
  OneOpenMpThread(const OneOpenMpThread&) = delete;
  OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

 private:
  struct Api {
    int (*get)() = nullptr;
    void (*set)(int) = nullptr;
  };
  static const Api& api() {
    static const Api found{reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads")),
                           reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))};
    return found;
  }
  void set(int threads) const {
    if (before_ > 0 && before_ != 1 && api().set != nullptr) api().set(threads);
  }

  int before_;
};

// oneDNN's exceptions as ours.
template <class Call>
auto translated(const char* what, Call&& call) {
  try {
    return call();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    fail(ErrorCode::kInternal, "oneDNN: ", what, " failed with status ", static_cast<int>(error.status), ": ",
         error.what());
  }
}

memory::desc dense(Index rows, Index columns) {
  return {{rows, columns}, memory::data_type::f32, memory::format_tag::ab};
}

// Versions 2 and 3 differ in this one call.
dnnl::inner_product_forward::primitive_desc describe(const dnnl::engine& engine, const memory::desc& a,
                                                     const memory::desc& weights, const memory::desc& out,
                                                     const dnnl::primitive_attr& attributes) {
  constexpr auto kind = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  return {engine, kind, a, weights, out, attributes};
#else
  return {{kind, a, weights, out}, attributes, engine};
#endif
}

}  // namespace

OneDnnLibrary::OneDnnLibrary()
    : engine_(translated("the engine", [] { return dnnl::engine(dnnl::engine::kind::cpu, 0); })) {}

OneDnnLibrary::Product OneDnnLibrary::make_product(Index rows, Index channels, Index k,
                                                   const memory::desc& weights) const {
  const OneOpenMpThread one_thread;
  return translated("a product", [&] {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // else concurrent calls share one
    attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);        // else an environment variable may choose bf16
    const auto description = describe(engine_, dense(rows, k), weights, dense(rows, channels), attributes);
    if (std::string_view(description.impl_info_str()).find("ref") != std::string_view::npos) {
      fail(ErrorCode::kUnsupported, "backend onednn: expected an optimised product of ", rows, "x", channels, "x", k,
           ", found oneDNN's reference loops (", description.impl_info_str(), "); use the backend native");
    }
    return Product{dnnl::inner_product_forward(description), description.src_desc(), description.weights_desc(),
                   description.dst_desc(), description.scratchpad_desc()};
  });
}

const OneDnnLibrary::Product& OneDnnLibrary::product(Index rows, Index channels, Index k) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Key usual_key{kUsualRows, channels, k};
  auto usual = products_.find(usual_key);
  if (usual == products_.end()) {
    const memory::desc any({channels, k}, memory::data_type::f32, memory::format_tag::any);
    usual = products_.emplace(usual_key, make_product(kUsualRows, channels, k, any)).first;
  }
  if (rows == kUsualRows) return usual->second;
  const auto found = products_.find({rows, channels, k});
  if (found != products_.end()) return found->second;
  return products_.emplace(Key{rows, channels, k}, make_product(rows, channels, k, usual->second.weights))
      .first->second;
}

memory OneDnnLibrary::reorder_weights(const float* weights, Index channels, Index k) const {
  const memory::desc& order = product(kUsualRows, channels, k).weights;
  const OneOpenMpThread one_thread;
  return translated("ordering weights", [&] {
    memory from(dense(channels, k), engine_, const_cast<float*>(weights));  // only read
    memory to(order, engine_);
    dnnl::stream stream(engine_);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return to;
  });
}

void OneDnnLibrary::multiply(const Product& product, const float* a, const memory& weights, float* out,
                             void* scratch) const {
  const OneOpenMpThread one_thread;
  translated("a product", [&] {
    dnnl::stream stream(engine_);
    const memory source(product.a, engine_, const_cast<float*>(a));  // only read
    const memory target(product.out, engine_, out);
    const memory space(product.scratch, engine_, scratch);
    product.primitive.execute(
        stream,
        {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, target}, {DNNL_ARG_SCRATCHPAD, space}});
    stream.wait();
  });
}

}  // namespace vitpose::engine

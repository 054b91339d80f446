#include "ops/backend.h"

#include <cassert>
#include <cstdlib>

#include "core/error.h"
#include "ops/bf16_kernels.h"
#include "ops/kernels.h"
#include "ops/native/native_backend.h"
#include "ops/reference/reference_backend.h"

#if defined(VITPOSE_HAVE_EIGEN)
#include "ops/eigen/eigen_backend.h"
#endif
#if defined(VITPOSE_HAVE_ONEDNN)
#include "ops/onednn/onednn_backend.h"
#endif

namespace vitpose::engine {
namespace {

// An explicit choice wins over VITPOSE_ISA, which wins over the best of this CPU. find(isa) finds the kernels.
template <class Find>
auto& chosen(std::string_view isa, Find find) {
  const char* const wish = isa.empty() ? std::getenv("VITPOSE_ISA") : nullptr;
  if (wish == nullptr) return find(isa);
  try {
    return find(std::string_view(wish));
  } catch (const Error& error) {
    fail(error.code(), "environment variable VITPOSE_ISA: ", error.what());
  }
}

const KernelTable& chosen_kernels(std::string_view isa) {
  return chosen(isa, [](std::string_view name) -> const KernelTable& { return find_kernel_table(name); });
}

const Bf16Kernels& chosen_bf16_kernels(std::string_view isa, bool emulate) {
  return chosen(isa, [=](std::string_view name) -> const Bf16Kernels& { return find_bf16_kernels(name, emulate); });
}

}  // namespace

std::unique_ptr<Backend> make_backend(const BackendOptions& options, std::shared_ptr<ThreadPool> pool) {
  const auto [backend, isa, dtype, emulate] = options;
  if (backend.empty() || backend == "native") {
    if (dtype == DType::kF32) return std::make_unique<NativeBackend>(chosen_kernels(isa), std::move(pool));
    assert(dtype == DType::kBF16);
    const KernelTable& kernels = chosen_kernels(isa);
    return std::make_unique<NativeBackend>(kernels, std::move(pool), &chosen_bf16_kernels(isa, emulate));
  }
  if (dtype != DType::kF32) {
    fail(ErrorCode::kUnsupported, "backend '", backend, "' computes in f32: expected dtype f32, found ",
         name_of(dtype));
  }
  if (backend == "reference") {
    if (!isa.empty()) {
      fail(ErrorCode::kInvalidArgument, "the reference backend has no instruction sets: expected no isa, found '", isa,
           "'");
    }
    return std::make_unique<ReferenceBackend>();
  }
#if defined(VITPOSE_HAVE_EIGEN)
  if (backend == "eigen") return make_eigen_backend(chosen_kernels(isa), std::move(pool));
#endif
#if defined(VITPOSE_HAVE_ONEDNN)
  if (backend == "onednn") return make_onednn_backend(chosen_kernels(isa), std::move(pool));
#endif
  std::string names;
  for (const std::string& name : available_backends()) names += (names.empty() ? "" : ", ") + name;
  const bool known = backend == "eigen" || backend == "onednn";
  fail(known ? ErrorCode::kUnsupported : ErrorCode::kInvalidArgument,
       known ? "this build has no backend '" : "unknown backend '", backend, "': expected one of ", names);
}

std::vector<std::string> available_backends() {
  std::vector<std::string> names = {"native", "reference"};
#if defined(VITPOSE_HAVE_EIGEN)
  names.emplace_back("eigen");
#endif
#if defined(VITPOSE_HAVE_ONEDNN)
  names.emplace_back("onednn");
#endif
  return names;
}

}  // namespace vitpose::engine

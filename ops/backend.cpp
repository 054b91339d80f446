#include "ops/backend.h"

#include <cstdlib>

#include "core/error.h"
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

// An explicit choice wins over VITPOSE_ISA, which wins over the best table of this CPU.
const KernelTable& chosen_kernels(std::string_view isa) {
  const char* const wish = isa.empty() ? std::getenv("VITPOSE_ISA") : nullptr;
  if (wish == nullptr) return find_kernel_table(isa);
  try {
    return find_kernel_table(wish);
  } catch (const Error& error) {
    fail(error.code(), "environment variable VITPOSE_ISA: ", error.what());
  }
}

}  // namespace

std::unique_ptr<Backend> make_backend(std::string_view backend, std::string_view isa,
                                      std::shared_ptr<ThreadPool> pool) {
  if (backend.empty() || backend == "native") {
    return std::make_unique<NativeBackend>(chosen_kernels(isa), std::move(pool));
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

#include "ops/backend.h"

#include <cstdlib>

#include "core/error.h"
#include "ops/bf16_kernels.h"
#include "ops/int8_kernels.h"
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
decltype(auto) chosen(std::string_view isa, Find find) {
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

const Int8Kernels& chosen_int8_kernels(std::string_view isa) {
  return chosen(isa, [](std::string_view name) -> const Int8Kernels& { return find_int8_kernels(name); });
}

// BackendOptions::float_parts, decided.
DType chosen_float_parts(const BackendOptions& options) {
  const DType asked = options.float_parts.value_or(options.dtype);
  if (options.dtype != DType::kI8 && options.dtype != DType::kI4) {
    if (asked == options.dtype) return asked;
    fail(ErrorCode::kUnsupported, "dtype ", storage_name(options.dtype), ": expected float parts ",
         storage_name(options.dtype), ", found ", storage_name(asked));
  }
  if (options.float_parts.has_value()) return asked;
  const bool has_bf16 = chosen(options.isa, [](std::string_view name) { return has_bf16_kernels(name); });
  return has_bf16 || options.emulate ? DType::kBF16 : DType::kF32;
}

std::unique_ptr<Backend> make_native_backend(const BackendOptions& options, std::shared_ptr<ThreadPool> pool) {
  const KernelTable& floats = chosen_kernels(options.isa);
  if (chosen_float_parts(options) == DType::kBF16) {
    const Bf16Kernels& bf16 = chosen_bf16_kernels(options.isa, options.emulate);
    return std::make_unique<NativeBackend>(floats, std::move(pool), &bf16);
  }
  const Int8Kernels* const int8 = options.dtype == DType::kI8 ? &chosen_int8_kernels(options.isa) : nullptr;
  return std::make_unique<NativeBackend>(floats, std::move(pool), nullptr, int8);
}

}  // namespace

std::unique_ptr<Backend> make_backend(const BackendOptions& options, std::shared_ptr<ThreadPool> pool) {
  const std::string_view backend = options.backend;
  const std::string_view isa = options.isa;
  if (backend.empty() || backend == "native") return make_native_backend(options, std::move(pool));
  for (const DType dtype : {options.dtype, options.float_parts.value_or(DType::kF32)}) {
    if (dtype == DType::kF32 || dtype == DType::kI4) continue;
    fail(ErrorCode::kUnsupported, "backend '", backend, "' computes in f32: expected dtype f32, found ",
         storage_name(dtype));
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

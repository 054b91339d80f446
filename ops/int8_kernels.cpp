#include "ops/int8_kernels.h"

#include <string>

#include "core/cpu_features.h"
#include "core/error.h"
#include "ops/bf16_kernels.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {
namespace {

constexpr Int8Kernels kScalar = {"scalar", DType::kU8, quantise_bytes_scalar, gemm_int8_scalar, kVectorTuning};

#if defined(__x86_64__)
constexpr Int8Kernels kAvx2 = {"avx2", DType::kI16, quantise_words_avx2, gemm_words_avx2, kVectorTuning};
constexpr Int8Kernels kAvx2Vnni = {"avx2_vnni", DType::kU8, quantise_bytes_avx2, gemm_int8_avx2_vnni, kVectorTuning};
constexpr Int8Kernels kAvx512 = {"avx512", DType::kI16, quantise_words_avx512, gemm_words_avx512, kAvx512Tuning};
constexpr Int8Kernels kAvx512Vnni = {"avx512_vnni", DType::kU8, quantise_bytes_avx512, gemm_int8_avx512_vnni,
                                     kAvx512Tuning};
constexpr Int8Kernels kAmx = {"amx", DType::kU8, quantise_bytes_avx512, gemm_int8_amx, kAmxTuning};
#elif defined(__aarch64__)
constexpr Int8Kernels kNeon = {"neon", DType::kU8, quantise_bytes_scalar, gemm_int8_scalar,
                               kVectorTuning};  // plain C++
#endif

std::vector<const Int8Kernels*> detect_kernels() {
  std::vector<const Int8Kernels*> kernels;
#if defined(__x86_64__)
  const CpuFeatures& cpu = cpu_features();
  if (cpu_has_bf16_kernels("amx") && permit_amx()) kernels.push_back(&kAmx);
  if (cpu.avx512_vnni) kernels.push_back(&kAvx512Vnni);
  if (cpu.avx_vnni) kernels.push_back(&kAvx2Vnni);
  if (cpu.avx512) kernels.push_back(&kAvx512);
  if (cpu.avx2) kernels.push_back(&kAvx2);
#elif defined(__aarch64__)
  if (cpu_features().neon) kernels.push_back(&kNeon);
#endif
  kernels.push_back(&kScalar);
  return kernels;
}

}  // namespace

const std::vector<const Int8Kernels*>& available_int8_kernels() {
  static const std::vector<const Int8Kernels*> kernels = detect_kernels();
  return kernels;
}

const Int8Kernels& find_int8_kernels(std::string_view isa) {
  if (isa.empty()) return *available_int8_kernels().front();
  if (isa == "avx512_bf16") isa = "avx512_vnni";  // which it includes; products of bf16 bring nothing new here
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    if (isa == kernels->name) return *kernels;
  }
  std::string names;
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    names += (names.empty() ? "" : ", ") + std::string(kernels->name);
  }
  fail(ErrorCode::kUnsupported, "instruction set '", isa, "' has no products of int8: expected one of ", names);
}

}  // namespace vitpose::engine

// Any bytes are a safetensors file or an Error; every tensor of an accepted file can be read.
#include "core/error.h"
#include "io/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

using vitpose::engine::SafeTensors;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const SafeTensors tensors = SafeTensors::from_memory({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
  for (const auto& [name, stored] : tensors.tensors()) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < stored.size_bytes; ++i) sum += std::to_integer<unsigned>(stored.data[i]);
    volatile unsigned sink = sum;
    static_cast<void>(sink);
    const bool is_float = stored.dtype == vitpose::engine::DType::kF32 ||
                          stored.dtype == vitpose::engine::DType::kF16 || stored.dtype == vitpose::engine::DType::kBF16;
    if (is_float) tensors.load_f32(name, stored.shape);
  }
  return 0;
} catch (const vitpose::engine::Error&) {
  return 0;
}

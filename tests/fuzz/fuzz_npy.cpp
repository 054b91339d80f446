// Any bytes are an .npy file or an Error; an accepted one holds as many bytes as its shape says.
#include <cstdlib>

#include "core/error.h"
#include "io/npy.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  using namespace vitpose::engine;
  const Tensor tensor = parse_npy({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
  if (tensor.size_bytes() > size) std::abort();
  if (static_cast<std::size_t>(tensor.count()) * size_of(tensor.dtype()) != tensor.size_bytes()) std::abort();
  return 0;
} catch (const vitpose::engine::Error&) {
  return 0;
}

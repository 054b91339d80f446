// Any bytes are a converted model with every parameter in its shape, all of them readable, or an Error.
#include "core/error.h"
#include "model/model_files.h"
#include "model/weights.h"
#include "ops/backend.h"
#include "tests/fuzz/fuzz_target.h"

using namespace vitpose::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const ModelFiles files = open_model_memory({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
  bind_weights(files.parameters, files.config, *make_backend({.backend = "reference"}, nullptr));
  unsigned sum = 0;
  for (const auto& [name, parameter] : files.parameters.all()) {
    const auto* bytes = static_cast<const unsigned char*>(parameter.data);
    const auto count = static_cast<std::size_t>(parameter.shape.count()) * size_of(parameter.dtype);
    for (std::size_t i = 0; i < count; ++i) sum += bytes[i];
  }
  volatile unsigned sink = sum;
  static_cast<void>(sink);
  return 0;
} catch (const Error&) {
  return 0;
}

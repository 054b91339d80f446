// Any bytes are a converted model with every parameter in its shape, all of them readable, or an Error.
#include "core/error.h"
#include "model/model_files.h"
#include "model/weights.h"
#include "ops/backend.h"
#include "tests/fuzz/fuzz_target.h"

using namespace vitpose::engine;

namespace {

// Whether the parameters are there in this backend's types is for bind_weights to say.
void bind(const ModelFiles& files, const Backend& backend) try {
  bind_weights(files.parameters, files.config, backend);
} catch (const Error&) {
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const ModelFiles files = open_model_memory({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
  static const auto f32 = make_backend({.backend = "reference"}, nullptr);
  static const auto bf16 =
      make_backend({.isa = "scalar", .dtype = DType::kBF16, .emulate = true}, std::make_shared<ThreadPool>(1));
  bind(files, *f32);
  bind(files, *bf16);
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

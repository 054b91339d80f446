// The simple decoder's tail for the 17 keypoints of one image.
#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

void run(benchmark::State& state, const KernelTable& table) {
  UpsampledConvolutionArguments arguments{nullptr, 16, 12, 17, 4, nullptr, nullptr};
  Floats tap_maps(16 * 12 * 9 * 17);
  Floats bias(17);
  Floats out(17 * 64 * 48);
  Floats scratch(upsampled_convolution_scratch_floats(arguments));
  arguments.tap_maps = tap_maps.data();
  arguments.bias = bias.data();
  arguments.out = out.data();
  for (auto _ : state) {
    for (Index k = 0; k < 17; ++k) table.upsampled_convolution(arguments, k, scratch.data());
    benchmark::ClobberMemory();
  }
}

const bool registered = for_all_tables("upsampled_convolution/17x64x48", run);

}  // namespace
}  // namespace vitpose::engine::bench

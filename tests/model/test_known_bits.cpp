// The reproducibility contract across processors, compilers and C libraries, which are never all in one place: what
// they computed is kept here. A change of these numbers is a change of result bits, which CHANGELOG.md announces.
#include <doctest/doctest.h>

#include "tests/model/model_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

struct Known {
  DType dtype;
  Case model;
  std::uint64_t hash;
};

constexpr Known kKnown[] = {
    {DType::kF32, kCases[0], 16779887434504096317u},  {DType::kF32, kCases[1], 8543484536061453786u},
    {DType::kF32, kCases[2], 3527597438984656558u},   {DType::kBF16, kCases[0], 11688088028718184658u},
    {DType::kBF16, kCases[1], 12890863016289655726u}, {DType::kBF16, kCases[2], 6137409372299130317u},
    {DType::kI8, kCases[0], 4225405068709684014u},    {DType::kI8, kCases[1], 1708300808249353345u},
    {DType::kI8, kCases[2], 3321400616814938215u},
};

// FNV-1a
std::uint64_t hash_of(const std::vector<std::uint32_t>& bits) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint32_t value : bits) {
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (value >> shift & 0xffu)) * 0x100000001b3u;
  }
  return hash;
}

}  // namespace

TEST_CASE("heatmaps of f32, and of bf16 and int8 emulated, have the bits that every other machine got") {
  for (const Known& known : kKnown) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(known.model.simple_decoder, known.model.experts));
    LoadOptions options;
    options.isa = known.dtype == DType::kF32 ? "" : "scalar";  // bf16's instruction sets have bits of their own
    options.dtype = known.dtype;
    options.emulate = known.dtype != DType::kF32;
    const auto estimator = PoseEstimator::load(folder / "model", options);
    CAPTURE(std::string(name_of(known.dtype)));
    CAPTURE(known.model.simple_decoder);
    CAPTURE(known.model.experts);
    CHECK(hash_of(forward_bits(*estimator, pixels_of(*estimator, 1), {2})) == known.hash);
  }
}

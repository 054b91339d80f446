#include "model/flip.h"

#include <algorithm>
#include <cassert>

#include "core/error.h"

namespace vitpose::engine {

void mirror_width(TensorView<const float> from, float* to) {
  const Index width = from.shape[from.shape.rank() - 1];
  if (width == 0) return;
  const Index rows = from.count() / width;
  for (Index r = 0; r < rows; ++r) {
    const float* const row = from.data + r * width;
    std::reverse_copy(row, row + width, to + r * width);
  }
}

void average_with_mirrored(TensorView<float> heatmaps, TensorView<const float> mirrored,
                           std::span<const int> flip_index) {
  assert(heatmaps.shape.rank() == 4 && heatmaps.shape == mirrored.shape);
  const Index keypoints = heatmaps.shape[1];
  if (static_cast<Index>(flip_index.size()) != keypoints) {
    fail(ErrorCode::kInvalidArgument, "flip test: expected mirror pairs for ", keypoints, " keypoints, found ",
         flip_index.size());
  }
  const Index width = heatmaps.shape[3];
  for (Index n = 0; n < heatmaps.shape[0]; ++n) {
    for (Index k = 0; k < keypoints; ++k) {
      const TensorView<float> map = heatmaps[n][k];
      const TensorView<const float> other = mirrored[n][flip_index[static_cast<std::size_t>(k)]];
      for (Index y = 0; y < map.shape[0]; ++y) {
        float* const row = map.data + y * width;
        const float* const mirror = other.data + y * width;
        for (Index x = 0; x < width; ++x) row[x] = (row[x] + mirror[width - 1 - x]) * 0.5f;
      }
    }
  }
}

}  // namespace vitpose::engine

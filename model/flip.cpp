#include "model/flip.h"

#include <algorithm>
#include <cassert>
#include <numeric>

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

std::vector<int> flip_index_of(std::span<const FlipPair> pairs, Index keypoints) {
  std::vector<int> index(static_cast<std::size_t>(keypoints));
  std::iota(index.begin(), index.end(), 0);
  for (const FlipPair& pair : pairs) {
    for (const std::int32_t keypoint : pair) {
      if (keypoint < 0 || keypoint >= keypoints) {
        fail(ErrorCode::kInvalidArgument, "flip pairs: expected keypoints from 0 to ", keypoints - 1, ", found ",
             keypoint);
      }
    }
    index[static_cast<std::size_t>(pair[0])] = pair[1];
    index[static_cast<std::size_t>(pair[1])] = pair[0];
  }
  return index;
}

void flip_back(TensorView<float> heatmaps, std::span<const int> flip_index, Workspace& workspace) {
  assert(heatmaps.shape.rank() == 4 && heatmaps.shape[1] == static_cast<Index>(flip_index.size()));
  const Workspace::Scope scope(workspace);
  const Shape person{heatmaps.shape[1], heatmaps.shape[2], heatmaps.shape[3]};
  const TensorView<float> mirrored(workspace.take<float>(person.count()), person);
  for (Index n = 0; n < heatmaps.shape[0]; ++n) {
    const TensorView<float> maps = heatmaps[n];
    mirror_width(maps, mirrored.data);
    for (Index k = 0; k < maps.shape[0]; ++k) {
      const TensorView<float> from = mirrored[flip_index[static_cast<std::size_t>(k)]];
      std::copy_n(from.data, from.count(), maps[k].data);
    }
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

// The keypoints that ViTPose models predict: names, mirror pairs, skeletons, OKS constants, colours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/shape.h"

namespace vitpose::engine {

struct Edge {
  int from;
  int to;
};

struct Rgb {
  std::uint8_t red;
  std::uint8_t green;
  std::uint8_t blue;
};

// Indices are channels of the heatmaps. Sigmas and colours are empty where none are published.
struct KeypointSet {
  std::string_view name;   // "coco17"
  std::string_view title;  // "COCO body, also OCHuman"
  std::span<const std::string_view> keypoint_names;
  std::span<const int> flip_index;  // the counterpart in the mirrored image; a keypoint without one is its own
  std::span<const Edge> edges;
  std::span<const double> sigmas;  // object keypoint similarity uses the variance (2 sigma)^2
  std::span<const Rgb> keypoint_colours;
  std::span<const Rgb> edge_colours;
};

std::span<const KeypointSet> keypoint_sets();

// Error kInvalidArgument naming the known sets.
const KeypointSet& find_keypoint_set(std::string_view name);

// The usual set of a model with so many keypoints; null when there is none.
const KeypointSet* default_keypoint_set(Index keypoints);

// The set of ViTPose++'s expert: 0 COCO, 1 AiC, 2 MPII, 3 AP-10K, 4 APT-36K, 5 COCO-WholeBody; null for others.
const KeypointSet* keypoint_set_of_dataset(Index dataset_index);

}  // namespace vitpose::engine

// The colours of keypoints, edges and heatmaps.
#pragma once

#include <cstddef>
#include <cstdint>

#include "draw/colour.h"
#include "model/keypoint_sets.h"

namespace vitpose::engine {

// Those published with the set; where there are none green for the left side, blue for the right, orange between.
Rgb keypoint_colour(const KeypointSet& set, std::size_t keypoint);
Rgb edge_colour(const KeypointSet& set, std::size_t edge);

// Without a set: neighbouring indices differ clearly.
Rgb colour_of_index(std::uint64_t index);

// 0 dark violet, 1 bright yellow; lightness rises evenly, so that equal steps look equal, in grey as well.
LinearColour heat_colour(double value);

}  // namespace vitpose::engine

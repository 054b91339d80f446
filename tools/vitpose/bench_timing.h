// What `vitpose bench` measures with.
#pragma once

#include <cstdint>
#include <vector>

#include "core/function_ref.h"
#include "vitpose/vitpose.hpp"

namespace vitpose::tools {

struct Timing {
  double median = 0;  // ms
  double min = 0;
};

Timing time_repeatedly(int repetitions, engine::FunctionRef<void()> body);

double milliseconds_since_start();  // of the process

// The most memory this process ever had resident, pages of mapped files included, in MiB.
std::int64_t peak_resident_mb();

// Numbers that look like normalised pixels, always the same ones.
Tensor synthetic_pixel_values(std::int64_t crops, std::int64_t height, std::int64_t width);
std::vector<std::uint8_t> synthetic_picture(int width, int height);  // RGB

}  // namespace vitpose::tools

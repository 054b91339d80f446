// What every fuzz target defines. libFuzzer brings its own main; replay_main.cpp runs stored inputs without it.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

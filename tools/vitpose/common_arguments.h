// Arguments that several commands take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "tools/vitpose/command_line.h"
#include "vitpose/vitpose.hpp"

namespace vitpose::tools {

// As --dtype has it.
const char* name_of(DType dtype);

// --box x,y,w,h, any number of times
struct BoxArguments {
  std::vector<std::string> texts;

  Option add_to(Command command);
  std::vector<Box> boxes() const;
};

// --exif --max-pixels
struct PictureArguments {
  ReadOptions read;

  void add_to(Command command);
};

// --numerics --warp-matrix
struct NumericsArguments {
  std::string numerics = "hf4";
  std::string warp_matrix = "numpy2";

  void add_to(Command command);
  Numerics numerics_mode() const;
  WarpMatrix warp_matrix_mode() const;
};

// -q -v
struct Verbosity {
  bool quiet = false;
  bool verbose = false;

  void add_to(Command command);
};

// MODEL --backend --isa --dtype --float-parts --emulate --threads --parallel
// --no-mmap --numerics --warp-matrix --hf-exact -q -v
struct ModelArguments {
  std::string path;
  std::string dtype;        // "" = the default
  std::string float_parts;  // likewise
  std::string parallel = "auto";
  LoadOptions options;
  NumericsArguments numerics;
  Verbosity verbosity;
  bool no_mmap = false;

  void add_to(Command command);
  // --dtype and --float-parts as the engine names them; none: the default.
  std::optional<engine::DType> engine_dtype() const;
  std::optional<engine::DType> engine_float_parts() const;
  // Loads the model and tells the remarks about its files.
  PoseEstimator load() const;
};

// -o FILE; standard output by default where that makes sense
struct OutputArgument {
  std::string path = "-";

  Option add_to(Command command, const char* what);
  std::string file() const { return path == "-" ? "/dev/stdout" : path; }
};

}  // namespace vitpose::tools

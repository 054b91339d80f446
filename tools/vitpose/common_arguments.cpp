#include "tools/vitpose/common_arguments.h"

#include <cstdio>
#include <limits>

#include "tools/vitpose/numbers.h"

namespace vitpose::tools {

namespace {

std::optional<Box> parse_box(std::string_view text) {
  double values[4];
  for (int i = 0; i < 4; ++i) {
    const std::size_t comma = i < 3 ? text.find(',') : text.size();
    if (comma == std::string_view::npos) return std::nullopt;
    const std::optional<double> value = parse_number(text.substr(0, comma));
    if (!value) return std::nullopt;
    values[i] = *value;
    text.remove_prefix(i < 3 ? comma + 1 : comma);
  }
  return Box{values[0], values[1], values[2], values[3]};
}

struct NamedType {
  const char* name;
  DType type;
  engine::DType engine_type;
};

constexpr NamedType kTypes[] = {{"f32", DType::kF32, engine::DType::kF32},
                                {"bf16", DType::kBf16, engine::DType::kBF16},
                                {"int8", DType::kInt8, engine::DType::kI8},
                                {"int4", DType::kInt4, engine::DType::kI4}};

// "": the default, which only loading the model decides.
DType public_type(std::string_view name) {
  for (const NamedType& named : kTypes) {
    if (name == named.name) return named.type;
  }
  return DType::kDefault;
}

std::optional<engine::DType> engine_type(std::string_view name) {
  for (const NamedType& named : kTypes) {
    if (name == named.name) return named.engine_type;
  }
  return std::nullopt;
}

}  // namespace

const char* name_of(DType dtype) {
  for (const NamedType& named : kTypes) {
    if (dtype == named.type) return named.name;
  }
  return "default";
}

Option BoxArguments::add_to(Command command) {
  return command.add_option("--box", texts, "A subject's box in pixels: left, top, width, height; may be repeated")
      .type_name("x,y,w,h")
      .one_value()  // the next word is not another box
      .check([](const std::string& text) {
        return parse_box(text) ? std::string() : "expected four numbers x,y,w,h, found '" + text + "'";
      });
}

std::vector<Box> BoxArguments::boxes() const {
  std::vector<Box> result;
  for (const std::string& text : texts) result.push_back(*parse_box(text));
  return result;
}

void PictureArguments::add_to(Command command) {
  command.add_flag("--exif", read.exif_orientation, "Turn pictures upright as their EXIF orientation says");
  command.add_option("--max-pixels", read.max_pixels, "Refuse pictures of more pixels than this")
      .range(1, std::numeric_limits<std::int64_t>::max())
      .show_default();
}

void NumericsArguments::add_to(Command command) {
  command.add_option("--numerics", numerics, "transformers 4.x (hf4) or the fused normalisation of 5.x (hf5)")
      .one_of({"hf4", "hf5"})
      .show_default();
  command.add_option("--warp-matrix", warp_matrix, "As NumPy >= 2 (numpy2) or NumPy 1 (numpy1) rounds it")
      .one_of({"numpy2", "numpy1"})
      .show_default();
}

Numerics NumericsArguments::numerics_mode() const {
  return numerics == "hf5" ? Numerics::kHf5 : Numerics::kHf4;
}

WarpMatrix NumericsArguments::warp_matrix_mode() const {
  return warp_matrix == "numpy1" ? WarpMatrix::kNumpy1 : WarpMatrix::kNumpy2;
}

void Verbosity::add_to(Command command) {
  const Option quiet_flag = command.add_flag("-q,--quiet", quiet, "Only errors on standard error");
  command.add_flag("-v,--verbose", verbose, "Say what was loaded and how it runs").excludes(quiet_flag);
}

void ModelArguments::add_to(Command command) {
  command.add_option("MODEL", path, "A Hugging Face directory or a file made by `vitpose convert`").required();
  command.add_option("--backend", options.backend, "What computes").one_of({"native", "reference", "eigen", "onednn"});
  command.add_option("--isa", options.isa, "Instruction set of the native backend (default: the best this CPU runs)")
      .one_of({"amx", "avx512_bf16", "avx512_vnni", "avx512", "avx2_vnni", "avx2", "neon", "scalar"});
  command
      .add_option(
          "--dtype", dtype,
          "What matrix products are computed in; bf16 and int8 are faster and less exact, int4 takes the least memory "
          "(default: f32, or what a file of int8 or int4 stores)")
      .one_of({"f32", "bf16", "int8", "int4"});
  command
      .add_option("--float-parts", float_parts,
                  "What int8 computes the rest in, and int4 everything (default: bf16 where this CPU has instructions "
                  "for it, else f32; with "
                  "f32 the bits are the same on every instruction set)")
      .one_of({"bf16", "f32"});
  command.add_flag("--emulate", options.emulate, "Compute bf16 where this CPU has no instructions for it, slowly");
  command.add_option("--threads", options.threads, "Threads to use; 0 is every processor this process may use")
      .range(0, 1024)
      .show_default();
  command
      .add_option(
          "--parallel", parallel,
          "What threads share: each takes crops of its own (crops), all work on the same step (ops), or crops as "
          "long as there is one for each thread (auto); the results are the same")
      .one_of({"auto", "crops", "ops"})
      .show_default();
  command.add_flag("--no-mmap", no_mmap, "Read the model instead of mapping it, for files that others may change");
  numerics.add_to(command);
  command.add_flag("--hf-exact", options.hf_exact, "Also repeat transformers' known bugs, bit for bit");
  verbosity.add_to(command);
}

std::optional<engine::DType> ModelArguments::engine_dtype() const {
  return engine_type(dtype);
}

std::optional<engine::DType> ModelArguments::engine_float_parts() const {
  return engine_type(float_parts);
}

PoseEstimator ModelArguments::load() const {
  LoadOptions load_options = options;
  load_options.use_mmap = !no_mmap;
  load_options.dtype = public_type(dtype);
  load_options.float_parts = public_type(float_parts);
  if (parallel == "crops") load_options.parallel = Parallel::kCrops;
  if (parallel == "ops") load_options.parallel = Parallel::kOps;
  load_options.numerics = numerics.numerics_mode();
  load_options.warp_matrix = numerics.warp_matrix_mode();
  PoseEstimator estimator = PoseEstimator::load(path, load_options);
  if (!verbosity.quiet) {
    for (const std::string& note : estimator.notes()) std::fprintf(stderr, "vitpose: note: %s\n", note.c_str());
  }
  if (verbosity.verbose) {
    const ModelInfo info = estimator.info();
    std::fprintf(stderr, "vitpose: %s: %d keypoints, %d experts, stored as %s; %s in %s, float parts %s, %d threads\n",
                 path.c_str(), info.keypoints, info.experts, estimator.storage().c_str(), estimator.backend().c_str(),
                 name_of(estimator.dtype()), name_of(estimator.float_parts()), info.threads);
  }
  return estimator;
}

Option OutputArgument::add_to(Command command, const char* what) {
  return command.add_option("-o,--output", path, what).type_name("FILE");
}

}  // namespace vitpose::tools

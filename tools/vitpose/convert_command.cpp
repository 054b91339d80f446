// vitpose convert: a Hugging Face directory to one packed file.
#include <cstdio>
#include <memory>

#include "tools/vitpose/calibration.h"
#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"

namespace vitpose::tools {

namespace {

struct ConvertArguments {
  std::string source;
  std::string destination;
  std::string dtype = "f32";
  std::optional<int> expert;
  CalibrationArguments calibration;
  Verbosity verbosity;
};

Storage storage_of(const std::string& dtype) {
  if (dtype == "int8") return Storage::kInt8;
  if (dtype == "int4") return Storage::kInt4;
  return dtype == "bf16" ? Storage::kBf16 : Storage::kF32;
}

void convert_files(const ConvertArguments& arguments) {
  ConvertOptions options{.storage = storage_of(arguments.dtype), .expert = arguments.expert};
  Calibration calibration;
  if (arguments.calibration.given()) {
    if (options.storage != Storage::kInt4) throw UsageError("--calibrate is for --dtype int4");
    calibration = read_calibration(arguments.calibration, arguments.source, arguments.expert);
    options.calibration = &calibration.pixel_values;
    options.calibration_experts = calibration.experts;
  }
  convert(arguments.source, arguments.destination, options);
  if (!arguments.verbosity.verbose) return;
  std::fprintf(stderr, "vitpose: %s: written as %s", arguments.destination.c_str(), arguments.dtype.c_str());
  if (arguments.calibration.given()) {
    const std::int64_t crops = calibration.pixel_values.shape[0];
    std::fprintf(stderr, ", fitted to %lld crop%s", static_cast<long long>(crops), crops == 1 ? "" : "s");
  }
  std::fputs("\n", stderr);
}

}  // namespace

void add_convert_command(Command program) {
  Command command = program.add_subcommand("convert", "A Hugging Face directory to one file that loads at once");
  const auto arguments = std::make_shared<ConvertArguments>();
  command.add_option("SRC", arguments->source, "A Hugging Face directory or a converted file").required();
  command.add_option("DST", arguments->destination, "The file to write").required();
  command
      .add_option("--dtype", arguments->dtype,
                  "How weight matrices are stored; bf16 halves the file, int8 quarters it, int4 "
                  "makes it a sixth")
      .one_of({"f32", "bf16", "int8", "int4"})
      .show_default();
  command.add_option("--expert", arguments->expert, "Keep this expert alone, which makes a plain model").not_negative();
  arguments->calibration.add_to(command);
  arguments->verbosity.add_to(command);
  command.callback([arguments] { convert_files(*arguments); });
}

}  // namespace vitpose::tools

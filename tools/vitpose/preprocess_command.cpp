// vitpose preprocess: a picture and boxes to pixel_values.npy, as the published models' image processor makes them.
#include <memory>

#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"
#include "tools/vitpose/npy_tensor.h"

namespace vitpose::tools {

namespace {

struct PreprocessArguments {
  std::string path;
  PictureArguments pictures;
  BoxArguments boxes;
  NumericsArguments numerics;
  OutputArgument output;
};

void preprocess_picture(const PreprocessArguments& arguments) {
  const Picture picture = Picture::read(arguments.path, arguments.pictures.read);
  const ImageView image = picture.image();
  std::vector<Box> boxes = arguments.boxes.boxes();
  if (boxes.empty()) boxes.push_back({0, 0, static_cast<double>(image.width), static_cast<double>(image.height)});
  PreprocessOptions options;
  options.numerics = arguments.numerics.numerics_mode();
  options.warp_matrix = arguments.numerics.warp_matrix_mode();
  write_f32_npy(arguments.output.file(), preprocess(image, boxes, options));
}

}  // namespace

void add_preprocess_command(Command program) {
  Command command = program.add_subcommand("preprocess", "A picture and boxes to pixel_values [N,3,256,192]");
  const auto arguments = std::make_shared<PreprocessArguments>();
  command.add_option("IMAGE", arguments->path, "A PNG, JPEG or BMP file").required();
  arguments->boxes.add_to(command);
  arguments->numerics.add_to(command);
  arguments->pictures.add_to(command);
  arguments->output.add_to(command, "The .npy file to write").required();
  command.callback([arguments] { preprocess_picture(*arguments); });
}

}  // namespace vitpose::tools

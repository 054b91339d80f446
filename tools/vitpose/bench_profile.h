// `vitpose bench --profile`: where the time of a forward goes.
#pragma once

#include "tools/vitpose/common_arguments.h"

namespace vitpose::tools {

// Prints a table of the verbs of ops/backend.h, over `repetitions` forwards of `batch` crops.
void print_profile(const ModelArguments& model, int batch, int repetitions);

}  // namespace vitpose::tools

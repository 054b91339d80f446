// vitpose: the command line. `vitpose --help` lists the commands.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "tools/vitpose/commands.h"
#include "vitpose/vitpose.hpp"

namespace {

using vitpose::tools::Command;
using vitpose::tools::CommandLine;
using vitpose::tools::UsageError;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

// Every failure is one line on standard error, whatever a file name or an argument contains.
int report(std::string message, int exit_code) {
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  std::fprintf(stderr, "vitpose: %s\n", message.c_str());
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CommandLine command_line("vitpose", "ViTPose and ViTPose++ pose estimation with Hugging Face's numerics",
                             std::string("vitpose ") + vitpose::version());
    const Command program = command_line.program();
    vitpose::tools::add_run_command(program);
    vitpose::tools::add_preprocess_command(program);
    vitpose::tools::add_forward_command(program);
    vitpose::tools::add_decode_command(program);
    vitpose::tools::add_compare_command(program);
    vitpose::tools::add_convert_command(program);
    vitpose::tools::add_bench_command(program);
    vitpose::tools::add_info_command(program);
    vitpose::tools::add_cpu_command(program);
    command_line.run(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return report("cannot write standard output", kFailure);
    return 0;
  } catch (const UsageError& error) {
    return report(std::string(error.what()) + " (see vitpose --help)", kUsage);
  } catch (const std::bad_alloc&) {
    return report("out of memory", kFailure);
  } catch (const std::exception& error) {
    return report(error.what(), kFailure);
  }
}

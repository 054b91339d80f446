// vitpose: the command line. `vitpose --help` lists the commands.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "tools/vitpose/commands.h"
#include "vitpose/vitpose.hpp"

namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

// Every failure is one line on standard error, whatever a file name or an argument contains.
int report(std::string message, int exit_code) {
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  std::fprintf(stderr, "vitpose: %s\n", message.c_str());
  return exit_code;
}

// A word that is no command is worth telling by name.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  if (app.get_subcommands().empty() && !unknown.empty()) return unknown.front() + " is no command of vitpose";
  return error.what();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("ViTPose and ViTPose++ pose estimation with Hugging Face's numerics", "vitpose");
    app.set_version_flag("--version", std::string("vitpose ") + vitpose::version());
    app.require_subcommand(1);
    vitpose::tools::add_run_command(app);
    vitpose::tools::add_preprocess_command(app);
    vitpose::tools::add_forward_command(app);
    vitpose::tools::add_decode_command(app);
    vitpose::tools::add_compare_command(app);
    vitpose::tools::add_convert_command(app);
    vitpose::tools::add_bench_command(app);
    vitpose::tools::add_info_command(app);
    vitpose::tools::add_cpu_command(app);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) return report(usage_message(app, error) + " (see vitpose --help)", kUsage);
      app.exit(error);  // --help, --version
      std::cout.flush();
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return report("cannot write standard output", kFailure);
    return 0;
  } catch (const std::bad_alloc&) {
    return report("out of memory", kFailure);
  } catch (const std::exception& error) {
    return report(error.what(), kFailure);
  }
}

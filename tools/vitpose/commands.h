// The subcommands of `vitpose`. Each function adds one; when the command line names it, CLI11 calls it back.
// A failure is an exception: CLI::ParseError is a usage error (exit code 2), everything else means exit code 1.
#pragma once

#include <CLI/CLI.hpp>

namespace vitpose::tools {

void add_run_command(CLI::App& app);
void add_preprocess_command(CLI::App& app);
void add_forward_command(CLI::App& app);
void add_decode_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_convert_command(CLI::App& app);
void add_bench_command(CLI::App& app);
void add_info_command(CLI::App& app);
void add_cpu_command(CLI::App& app);

}  // namespace vitpose::tools

// The subcommands of `vitpose`. Each function adds one; when the command line names it, it is called back.
// A failure is an exception: UsageError means exit code 2, everything else exit code 1.
#pragma once

#include "tools/vitpose/command_line.h"

namespace vitpose::tools {

void add_run_command(Command program);
void add_preprocess_command(Command program);
void add_forward_command(Command program);
void add_decode_command(Command program);
void add_compare_command(Command program);
void add_convert_command(Command program);
void add_bench_command(Command program);
void add_info_command(Command program);
void add_cpu_command(Command program);

}  // namespace vitpose::tools

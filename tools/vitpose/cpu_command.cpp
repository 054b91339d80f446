// vitpose cpu: what this processor and this build can do.
#include <cstdio>
#include <memory>
#include <string>

#include "core/cpu_features.h"
#include "core/thread_pool.h"
#include "io/image.h"
#include "model/model_files.h"
#include "ops/backend.h"
#include "ops/bf16_kernels.h"
#include "ops/int8_kernels.h"
#include "ops/kernels.h"
#include "tools/peak/peak.h"
#include "tools/vitpose/commands.h"

namespace vitpose::tools {

namespace {

std::string feature_list(const engine::CpuFeatures& cpu) {
  const std::pair<bool, const char*> features[] = {{cpu.avx2, "avx2"},
                                                   {cpu.avx_vnni, "avx_vnni"},
                                                   {cpu.avx512, "avx512"},
                                                   {cpu.avx512_vnni, "avx512_vnni"},
                                                   {cpu.avx512_bf16, "avx512_bf16"},
                                                   {cpu.amx_bf16, "amx_bf16"},
                                                   {cpu.amx_int8, "amx_int8"},
                                                   {cpu.neon, "neon"}};
  std::string text;
  for (const auto& [present, name] : features) {
    if (present) text += (text.empty() ? "" : " ") + std::string(name);
  }
  return text.empty() ? "none that the engine uses" : text;
}

void print_cpu() {
  std::string isas;
  for (const engine::KernelTable* table : engine::available_kernel_tables()) {
    isas += (isas.empty() ? "" : " ") + std::string(table->name);
  }
  std::string bf16;
  for (const std::string_view name : engine::bf16_kernel_names()) bf16 += (bf16.empty() ? "" : " ") + std::string(name);
  std::string int8;
  for (const engine::Int8Kernels* kernels : engine::available_int8_kernels()) {
    int8 += (int8.empty() ? "" : " ") + std::string(kernels->name);
  }
  std::string backends;
  for (const std::string& backend : engine::available_backends()) backends += (backends.empty() ? "" : " ") + backend;
  std::printf("processor     %s\n", engine::cpu_features().brand.c_str());
  std::printf("features      %s\n", feature_list(engine::cpu_features()).c_str());
  std::printf("threads       %d\n", engine::available_processors());
  std::printf("--isa         %s\n", isas.c_str());
  std::printf("bf16          %s\n", bf16.c_str());
  std::printf("int8          %s\n", int8.c_str());
  std::printf("--backend     %s\n", backends.c_str());
  std::printf("JPEG decoder  %s\n", engine::jpeg_decoder_name());
}

struct CpuArguments {
  bool peak = false;
  int threads = 0;
};

// How fast a forward could be at best: bench/compare.py reads these lines.
void print_peaks(int threads) {
  for (const PeakProbe& probe : available_peak_probes()) {
    std::printf("peak          %-4s  %-11s  %.0f GFLOP/s, %d thread%s\n", engine::storage_name(probe.dtype),
                std::string(probe.isa).c_str(), measure_peak(probe, threads), threads, threads == 1 ? "" : "s");
  }
}

}  // namespace

void add_cpu_command(Command program) {
  Command command = program.add_subcommand("cpu", "What this processor and this build can do");
  const auto arguments = std::make_shared<CpuArguments>();
  const Option peak =
      command.add_flag("--peak", arguments->peak,
                       "Also measure how fast it multiplies in registers, for each instruction set and dtype");
  command.add_option("--threads", arguments->threads, "Threads that multiply at once; 0 is every processor")
      .range(0, 1024)
      .show_default()
      .needs(peak);
  command.callback([arguments] {
    print_cpu();
    if (arguments->peak) print_peaks(arguments->threads > 0 ? arguments->threads : engine::available_processors());
  });
}

}  // namespace vitpose::tools

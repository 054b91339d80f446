// vitpose bench: time per crop of the forward and, with --pipeline, of picture to pose.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "io/json.h"
#include "tools/vitpose/bench_profile.h"
#include "tools/vitpose/bench_timing.h"
#include "tools/vitpose/commands.h"
#include "tools/vitpose/common_arguments.h"
#include "tools/vitpose/numbers.h"

namespace vitpose::tools {

namespace {

constexpr int kPictureWidth = 640;
constexpr int kPictureHeight = 480;
constexpr int kMostRepetitions = 1'000'000;

struct BenchArguments {
  ModelArguments model;
  int batch = 1;
  int repetitions = 9;
  bool json = false;
  bool pipeline = false;
  bool serve = false;
  bool profile = false;
};

// The figures in the order they are told; `text` is quoted in JSON.
struct Figure {
  const char* name;
  std::string value;
  bool text = false;
};

std::string rounded(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.3f", value);
  return buffer;
}

class Bench {
 public:
  explicit Bench(const BenchArguments& arguments)
      : arguments_(arguments),
        estimator_(arguments.model.load()),
        info_(estimator_.info()),
        pixel_values_(synthetic_pixel_values(arguments.batch, info_.crop_height, info_.crop_width)),
        picture_(arguments.pipeline ? synthetic_picture(kPictureWidth, kPictureHeight) : std::vector<std::uint8_t>()) {
    if (info_.experts > 1) experts_ = {0};
    for (int i = 0; i < arguments.batch; ++i) {
      // Boxes of people's usual shape, some of which leave the picture.
      boxes_.push_back({11.0 * (i % 40), 7.0 * (i % 20), 150.0 + 3.0 * (i % 17), 300.0 + 5.0 * (i % 13)});
    }
    forward();
    first_result_ms_ = milliseconds_since_start();
  }

  // Whatever the second call still sets up is not what is measured.
  void warm_up() { heatmaps_ = forward(); }

  void run_round(int repetitions) const {
    std::vector<Figure> figures = describe();
    add(figures, "ms_per_crop_median", "ms_per_crop_min", time(repetitions, [this] { forward(); }));
    figures.push_back({"first_result_ms", rounded(first_result_ms_)});
    if (arguments_.pipeline) add_pipeline(figures, repetitions);
    figures.push_back({"peak_rss_mb", std::to_string(peak_resident_mb())});
    print(figures);
  }

 private:
  ImageView image() const { return {picture_.data(), kPictureWidth, kPictureHeight}; }
  Tensor forward() const { return estimator_.forward(pixel_values_, {.experts = experts_}); }

  Timing time(int repetitions, engine::FunctionRef<void()> body) const {
    const Timing whole = time_repeatedly(repetitions, body);
    return {whole.median / arguments_.batch, whole.min / arguments_.batch};
  }

  std::vector<Figure> describe() const {
    const std::string backend = estimator_.backend();
    const std::size_t slash = backend.find('/');
    const std::string isa = slash == std::string::npos ? "" : backend.substr(slash + 1);
    return {{"dtype", name_of(estimator_.dtype()), true},
            {"float_parts", name_of(estimator_.float_parts()), true},
            {"storage", estimator_.storage(), true},
            {"backend", backend.substr(0, slash), true},
            {"isa", isa, true},
            {"threads", std::to_string(info_.threads)},
            {"batch", std::to_string(arguments_.batch)}};
  }

  static void add(std::vector<Figure>& figures, const char* median, const char* min, const Timing& timing) {
    figures.push_back({median, rounded(timing.median)});
    figures.push_back({min, rounded(timing.min)});
  }

  void add_pipeline(std::vector<Figure>& figures, int repetitions) const {
    add(figures, "pipeline_ms_per_crop_median", "pipeline_ms_per_crop_min", time(repetitions, [this] {
          estimator_.estimate(image(), boxes_, {.experts = experts_, .batch = arguments_.batch});
        }));
    add(figures, "preprocess_ms_per_crop_median", "preprocess_ms_per_crop_min",
        time(repetitions, [this] { estimator_.preprocess(image(), boxes_); }));
    add(figures, "decode_ms_per_crop_median", "decode_ms_per_crop_min",
        time(repetitions, [this] { estimator_.decode(heatmaps_, boxes_); }));
  }

  void print(const std::vector<Figure>& figures) const {
    const bool json = arguments_.json || arguments_.serve;
    std::string text = json ? "{" : "";
    for (const Figure& figure : figures) {
      const std::string value = figure.text && json ? engine::json_quote(figure.value) : figure.value;
      if (json) {
        text += (text.size() > 1 ? "," : "") + engine::json_quote(figure.name) + ":" + value;
      } else {
        std::string name = figure.name;
        name.resize(32, ' ');
        text += name + value + "\n";
      }
    }
    std::printf("%s%s", text.c_str(), json ? "}\n" : "");
    std::fflush(stdout);
  }

  const BenchArguments& arguments_;
  PoseEstimator estimator_;
  ModelInfo info_;
  Tensor pixel_values_, heatmaps_;
  std::vector<std::uint8_t> picture_;
  std::vector<std::int64_t> experts_;
  std::vector<Box> boxes_;
  double first_result_ms_ = 0;
};

// A round of --serve: the line's number of repetitions, or --reps if it is empty.
int repetitions_of(const std::string& line, int usual) {
  if (line.empty()) return usual;
  const std::optional<double> number = parse_number(line);
  if (!number || *number < 1 || *number > kMostRepetitions || *number != std::floor(*number)) {
    throw UsageError("--serve: expected lines that are empty or a number of repetitions, found '" + line + "'");
  }
  return static_cast<int>(*number);
}

// With --serve a round is run for every line on standard input, so that a script can take turns with other programs.
void run_bench(const BenchArguments& arguments) {
  if (arguments.profile) return print_profile(arguments.model, arguments.batch, arguments.repetitions);
  Bench bench(arguments);
  if (arguments.serve) {
    std::printf("ready\n");
    std::fflush(stdout);
  }
  bench.warm_up();
  if (!arguments.serve) return bench.run_round(arguments.repetitions);
  for (std::string line; std::getline(std::cin, line);) {
    bench.run_round(repetitions_of(line, arguments.repetitions));
  }
}

}  // namespace

void add_bench_command(Command program) {
  Command command = program.add_subcommand("bench", "Time per crop, on made-up input");
  const auto arguments = std::make_shared<BenchArguments>();
  arguments->model.add_to(command);
  command.add_option("--batch", arguments->batch, "Crops per forward").range(1, 4096).show_default();
  command.add_option("--reps", arguments->repetitions, "Repetitions; median and minimum are told")
      .range(1, kMostRepetitions)
      .show_default();
  command.add_flag("--pipeline", arguments->pipeline, "Also time picture to pose, and its other stages");
  const Option json = command.add_flag("--json", arguments->json, "One line of JSON");
  const Option serve =
      command.add_flag("--serve", arguments->serve,
                       "Print 'ready' after the first forward, then run a round for every line read: a number on it is "
                       "its repetitions");
  command.add_flag("--profile", arguments->profile, "Where the time of a forward goes, instead")
      .excludes(json)
      .excludes(serve);
  command.callback([arguments] { run_bench(*arguments); });
}

}  // namespace vitpose::tools

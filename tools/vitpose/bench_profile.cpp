#include "tools/vitpose/bench_profile.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "core/float_environment.h"
#include "model/arithmetic.h"
#include "model/forward.h"
#include "ops/native/native_backend.h"
#include "ops/profiled_backend.h"
#include "tools/vitpose/bench_timing.h"

namespace vitpose::tools {

namespace {

// The estimator's forward with a backend that keeps the time.
class ProfiledForward {
 public:
  ProfiledForward(const ModelArguments& model, int batch)
      : files_(engine::open_model(model.path, engine::MappedFile::Access::kMap,
                                  model.engine_dtype().value_or(engine::DType::kF32))),
        backend_(backend_of(model)),
        weights_(engine::bind_weights(files_.parameters, files_.config, backend_)),
        batch_(batch),
        pixel_values_(synthetic_pixel_values(batch, files_.config.image_height, files_.config.image_width)) {}

  void run() {
    const engine::ModelConfig& config = files_.config;
    const engine::FloatEnvironment environment;
    const engine::Workspace::Scope scope(workspace_);
    const engine::ExpertRun experts{0, batch_};
    const engine::Shape shape{batch_, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
    const engine::TensorView<float> heatmaps(workspace_.take<float>(shape.count()), shape);
    const engine::TensorView<const float> pixels(pixel_values_.values.data(),
                                                 {batch_, 3, config.image_height, config.image_width});
    engine::run_model(backend_, config, weights_, {pixels, {&experts, 1}}, heatmaps, workspace_);
  }

  const engine::ProfiledBackend& backend() const { return backend_; }
  const engine::ProductTimes& products() const { return products_; }
  void forget() {
    backend_.forget();
    products_.clear();
  }

 private:
  std::unique_ptr<engine::Backend> backend_of(const ModelArguments& model) {
    const int threads = model.options.threads > 0 ? model.options.threads : engine::available_processors();
    auto backend = engine::make_backend({.backend = model.options.backend,
                                         .isa = model.options.isa,
                                         .dtype = engine::chosen_arithmetic(files_, model.engine_dtype()),
                                         .float_parts = model.engine_float_parts(),
                                         .emulate = model.options.emulate},
                                        std::make_shared<engine::ThreadPool>(threads));
    if (auto* const native = dynamic_cast<engine::NativeBackend*>(backend.get())) {
      native->keep_product_times(&products_);
    }
    return backend;
  }

  engine::ProductTimes products_;
  engine::ModelFiles files_;
  engine::ProfiledBackend backend_;
  engine::Weights weights_;
  engine::Index batch_;
  Tensor pixel_values_;
  engine::Workspace workspace_;
};

// The share of what is not a matrix product: norms, softmax, quantising, copies, waiting. Products include what is done
// to a tile before it is stored. Attention's two count as long as the others would take for as many multiply-adds.
void print_products(const ProfiledForward& forward, double total_ms, double forwards) {
  double products_ms = 0.0;
  for (const auto& [dtype, time] : forward.products()) products_ms += time.ms;
  const engine::DType floats = forward.backend().activations();
  const engine::ProductTime& like_attention = forward.products().at(floats);
  const engine::ProfiledBackend::Entry& attention = forward.backend().entries().at("attention");
  const double attention_ms =
      std::min(attention.ms, attention.products * like_attention.ms / like_attention.multiply_adds);
  const auto line = [&](const char* what, double ms) {
    std::printf("%-36s%12.3f%8.1f%%\n", what, ms / forwards, 100.0 * ms / total_ms);
  };
  line("matrix products", products_ms);
  line("attention's products", attention_ms);
  line("everything else", total_ms - products_ms - attention_ms);
}

}  // namespace

void print_profile(const ModelArguments& model, int batch, int repetitions) {
  if (model.parallel == "crops") {
    throw std::runtime_error("--profile: expected --parallel ops, whose steps can be timed one by one, found crops");
  }
  ProfiledForward forward(model, batch);
  forward.run();
  forward.run();  // whatever the first ones set up is not what is measured
  forward.forget();
  for (int i = 0; i < repetitions; ++i) forward.run();

  using Row = std::pair<std::string, engine::ProfiledBackend::Entry>;
  std::vector<Row> rows(forward.backend().entries().begin(), forward.backend().entries().end());
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.second.ms > b.second.ms; });
  double total = 0.0;
  for (const Row& row : rows) total += row.second.ms;
  const double forwards = repetitions;
  std::printf("%-28s%8s%12s%9s%12s\n", forward.backend().name().c_str(), "calls", "ms/forward", "share", "GFLOP/s");
  for (const auto& [verb, entry] : rows) {
    std::printf("%-28s%8ld%12.3f%8.1f%%", verb.c_str(), entry.calls / repetitions, entry.ms / forwards,
                100.0 * entry.ms / total);
    if (entry.products > 0.0) std::printf("%12.0f", 2e-6 * entry.products / entry.ms);
    std::printf("\n");
  }
  std::printf("%-28s%8s%12.3f\n", "all", "", total / forwards);
  if (!forward.products().empty()) print_products(forward, total, forwards);
}

}  // namespace vitpose::tools

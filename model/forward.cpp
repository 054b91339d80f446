#include "model/forward.h"

#include "model/heads.h"

namespace vitpose::engine {

void run_model(const Backend& nn, const ModelConfig& config, const Weights& weights, const VitInput& in,
               TensorView<float> heatmaps, Workspace& workspace) {
  const Workspace::Scope scope(workspace);
  const Index rows = in.pixel_values.shape[0] * config.tokens();
  const Activations tokens = take_activations(workspace, nn.activations(), rows, config.hidden_size);
  run_vit(nn, config, weights, in, tokens, workspace);
  run_head(nn, config, weights, tokens, heatmaps, workspace);
}

}  // namespace vitpose::engine

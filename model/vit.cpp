#include "model/vit.h"

#include <algorithm>
#include <cassert>

namespace vitpose::engine {

namespace {

// Memory of one layer, reused by all.
struct Scratch {
  Activations normed;        // [B*T, D]
  Activations qkv;           // [B*T, 3D]
  Activations feed_forward;  // [B*T, F]
};

MatrixView<float> columns(MatrixView<float> matrix, Index first, Index count) {
  return {matrix.data + first, matrix.rows, count, matrix.row_stride};
}

class Layer {
 public:
  Layer(const Backend& nn, const ModelConfig& config, const LayerWeights& weights)
      : nn_(nn), config_(config), weights_(weights) {}

  void forward(MatrixView<float> f, std::span<const ExpertRun> experts, const Scratch& s, Workspace& ws) const {
    nn_.layer_norm(f, weights_.norm1, s.normed);                          // F' = F + MHSA(LN(F))
    nn_.linear(s.normed, weights_.qkv, s.qkv, Epilogue::kStore, ws);      // (T, D) -> (T, 3D)
    nn_.attention(s.qkv, config_.tokens(), config_.heads, s.normed, ws);  // softmax(q k^T / sqrt(d)) v
    nn_.linear(s.normed, weights_.projection, f, Epilogue::kAccumulate, ws);
    nn_.layer_norm(f, weights_.norm2, s.normed);  // F = F' + FFN(LN(F'))
    nn_.linear(s.normed, weights_.fc1, s.feed_forward, Epilogue::kGelu, ws);
    const Index shared = config_.hidden_size - config_.part_features;  // channels that all experts share
    nn_.linear(s.feed_forward, weights_.fc2, columns(f, 0, shared), Epilogue::kAccumulate, ws);
    if (config_.experts > 1) add_experts(s.feed_forward, columns(f, shared, config_.part_features), experts, ws);
  }

 private:
  // Only the selected expert of each crop is computed.
  void add_experts(ConstActivations x, MatrixView<float> out, std::span<const ExpertRun> runs, Workspace& ws) const {
    Index row = 0;
    for (const ExpertRun& run : runs) {
      const Index rows = run.crops * config_.tokens();
      if (run.expert != kNoExpert) {
        const LinearWeights& expert = weights_.experts[static_cast<std::size_t>(run.expert)];
        nn_.linear(x.row_block(row, rows), expert, out.row_block(row, rows), Epilogue::kAccumulate, ws);
      }
      row += rows;
    }
    assert(row == x.rows);
  }

  const Backend& nn_;
  const ModelConfig& config_;
  const LayerWeights& weights_;
};

void store_hidden_state(const VitInput& input, Index stage, MatrixView<const float> tokens) {
  if (input.hidden_states == nullptr) return;
  const TensorView<float> state = (*input.hidden_states)[stage];  // [N, T, D]
  assert(input.first_crop + input.pixel_values.shape[0] <= state.shape[0]);
  assert(tokens.rows * tokens.columns == input.pixel_values.shape[0] * state[0].count());
  float* to = state[input.first_crop].data;
  for (Index row = 0; row < tokens.rows; ++row) to = std::copy_n(tokens.row(row), tokens.columns, to);
}

}  // namespace

void run_vit(const Backend& nn, const ModelConfig& config, const Weights& weights, const VitInput& input,
             Activations tokens, Workspace& workspace) {
  const Workspace::Scope scope(workspace);
  const Index rows = tokens.rows;
  const MatrixView<float> f = take_activations(workspace, DType::kF32, rows, config.hidden_size).f32();
  const auto take = [&](Index columns) { return take_activations(workspace, nn.activations(), rows, columns); };
  const Scratch scratch{take(config.hidden_size), take(3 * config.hidden_size), take(config.feed_forward_size)};

  nn.patch_embedding(input.pixel_values, weights.patch_embedding, f, workspace);
  const Index last = input.hidden_states != nullptr ? config.layers : config.feature_stage;
  for (Index stage = 0;; ++stage) {
    store_hidden_state(input, stage, f);
    if (stage == config.feature_stage) nn.layer_norm(f, weights.norm, tokens);
    if (stage == last) break;
    Layer(nn, config, weights.layers[static_cast<std::size_t>(stage)]).forward(f, input.experts, scratch, workspace);
  }
}

}  // namespace vitpose::engine

#include "ops/reference/reference_backend.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/simd/f32x16_scalar.h"
#include "core/simd/math.h"
#include "ops/attention/attention.h"
#include "ops/reference/plain.h"

namespace vitpose::engine {

float reference_gelu(float x) {
  return simd::gelu(simd::F32x1::broadcast(x)).lane[0];
}

float reference_exp(float x) {
  return simd::exp(simd::F32x1::broadcast(x)).lane[0];
}

void reference_layer_norm_row(const float* x, Index columns, const LayerNormWeights& weights, float* out) {
  const float count = static_cast<float>(columns);
  float sums[16] = {};
  for (Index c = 0; c < columns; ++c) sums[c % 16] = sums[c % 16] + x[c];
  const float mean = plain_tree(sums, plain_add) / count;
  float squares[16] = {};
  for (Index c = 0; c < columns; ++c) squares[c % 16] = std::fma(x[c] - mean, x[c] - mean, squares[c % 16]);
  const float variance = plain_tree(squares, plain_add) / count;
  const float scale = 1.0f / std::sqrt(variance + weights.epsilon);
  for (Index c = 0; c < columns; ++c) out[c] = std::fma((x[c] - mean) * scale, weights.weight[c], weights.bias[c]);
}

void ReferenceBackend::layer_norm(MatrixView<const float> x, const LayerNormWeights& weights, Activations out) const {
  for (Index r = 0; r < x.rows; ++r) reference_layer_norm_row(x.row(r), x.columns, weights, out.f32().row(r));
}

void ReferenceBackend::linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
                              Workspace&) const {
  const PackedMatrix& w = weights.matrix;
  const MatrixView<const float> in = x.f32();
  for (Index r = 0; r < x.rows; ++r) {
    for (Index n = 0; n < w.n; ++n) {
      float v = plain_product(
          w.k, [&](Index k) { return in.row(r)[k]; }, [&](Index k) { return packed_element(w, n, k); });
      if (weights.bias != nullptr) v = v + weights.bias[n];
      float& c = out.f32().row(r)[n];
      switch (epilogue) {
        case Epilogue::kStore: c = v; break;
        case Epilogue::kRelu: c = plain_relu(v); break;
        case Epilogue::kGelu: c = reference_gelu(v); break;
        case Epilogue::kAccumulate: c = v + c; break;
      }
    }
  }
}

void reference_attention(const AttentionArguments& s) {
  const float scale = attention_scale(s.head_size);
  std::vector<float> e(static_cast<std::size_t>(s.tokens));  // of one query: the scores, then their exponentials
  for (Index i = 0; i < s.tokens; ++i) {
    const float* const q = s.q + i * s.qkv_stride;
    float largest[16];
    for (float& lane : largest) lane = -std::numeric_limits<float>::infinity();
    for (Index j = 0; j < s.tokens; ++j) {
      const float* const k = s.k + j * s.qkv_stride;
      float& score = e[static_cast<std::size_t>(j)];
      score = plain_product(
          s.head_size, [&](Index d) { return q[d]; }, [&](Index d) { return k[d]; });
      largest[j % 16] = plain_max(largest[j % 16], score);
    }
    const float shift = -(plain_tree(largest, plain_max) * scale);
    float sums[16] = {};
    for (Index j = 0; j < s.tokens; ++j) {
      float& value = e[static_cast<std::size_t>(j)];
      value = reference_exp(std::fma(value, scale, shift));
      sums[j % 16] = sums[j % 16] + value;
    }
    const float inverse = 1.0f / plain_tree(sums, plain_add);
    for (Index d = 0; d < s.head_size; ++d) {
      const float product = plain_product(
          s.tokens, [&](Index j) { return e[static_cast<std::size_t>(j)]; },
          [&](Index j) { return s.v[j * s.qkv_stride + d]; });
      s.out[i * s.out_stride + d] = product * inverse;
    }
  }
}

void ReferenceBackend::attention(ConstActivations qkv, Index tokens, Index heads, Activations out, Workspace&) const {
  const Index channels = qkv.columns / 3;
  const Index head_size = channels / heads;
  for (Index first = 0; first < qkv.rows; first += tokens) {
    for (Index head = 0; head < heads; ++head) {
      const float* const q = qkv.f32().row(first) + head * head_size;
      reference_attention({tokens, head_size, q, q + channels, q + 2 * channels, qkv.row_stride,
                           out.f32().row(first) + head * head_size, out.row_stride});
    }
  }
}

void ReferenceBackend::relu(ConstActivations x, Activations out) const {
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < x.columns; ++c) out.f32().row(r)[c] = plain_relu(x.f32().row(r)[c]);
  }
}

}  // namespace vitpose::engine

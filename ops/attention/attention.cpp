#include "ops/attention/attention.h"

#include <cmath>

namespace vitpose::engine {

Index attention_scratch_floats(Index tokens, Index head_size) {
  const Index padded_tokens = (tokens + 15) / 16 * 16;
  const Index padded_size = (head_size + 15) / 16 * 16;
  const Index panels = padded_tokens * head_size + padded_size * tokens;  // of K^T and of V
  const Index strips = kAttentionStrip * (padded_tokens + padded_size);   // scores, products with V
  return panels + strips;
}

float attention_scale(Index head_size) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_size)));
}

}  // namespace vitpose::engine

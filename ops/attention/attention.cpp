#include "ops/attention/attention.h"

#include <cmath>

#include "core/divide.h"

namespace vitpose::engine {

Index attention_strip_floats(Index columns) {
  return ceil_divide(columns, kGemmBlock) * kAttentionBlock;
}

Index attention_scratch_floats(Index tokens, Index head_size) {
  const Index padded_tokens = ceil_divide(tokens, 16) * 16;
  const Index padded_size = ceil_divide(head_size, 16) * 16;
  const Index panels = padded_tokens * head_size + padded_size * tokens;  // of K^T and of V
  const Index products = kAttentionStrip * padded_size;                   // of a strip with V
  return attention_strip_floats(head_size) + attention_strip_floats(tokens) + panels + products;
}

Index attention_bf16_scratch_floats(Index tokens, Index head_size) {
  const Index key_panels = ceil_divide(tokens, 16);
  const Index value_panels = ceil_divide(head_size, 16);
  const Index head_units = ceil_divide(head_size, 2 * kAttentionUnits) * kAttentionUnits;
  const Index token_units = ceil_divide(tokens, 2 * kAttentionUnits) * kAttentionUnits;
  const Index strip = head_units + key_panels * 16 + token_units + value_panels * 16;
  return kAttentionBf16Strip * strip + 16 * (key_panels * head_units + value_panels * token_units);
}

float attention_scale(Index head_size) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_size)));
}

}  // namespace vitpose::engine

// Hugging Face checkpoints: the only place that knows their tensor names (docs/numerics.md lists them).
#pragma once

#include <string>
#include <vector>

#include "io/safetensors.h"
#include "model/config.h"
#include "model/parameters.h"

namespace vitpose::engine {

// Packs every weight the model needs; q, k, v become one matrix, batch norm is folded into the transposed
// convolutions. Missing or misshaped tensors are errors; extra ones are noted. `storage`: f32, bf16, int8 or int4.
ParameterSet pack_checkpoint(const SafeTensors& tensors, const ModelConfig& config, DType storage,
                             std::vector<std::string>& notes);

}  // namespace vitpose::engine

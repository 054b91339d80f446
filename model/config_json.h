// Configurations back to JSON, in Hugging Face's schema: what parse_model_config reads.
#pragma once

#include <string>

#include "model/config.h"

namespace vitpose::engine {

std::string to_json(const ModelConfig& config);
std::string to_json(const PreprocessConfig& config);

}  // namespace vitpose::engine

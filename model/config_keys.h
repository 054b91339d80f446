// The keys that configurations are known to have, so that a misspelt one does not vanish silently among them.
#pragma once

#include <string>
#include <vector>

#include "io/json.h"

namespace vitpose::engine {

enum class ConfigPart { kModel, kBackbone, kPreprocessor };

// Adds one note that lists the keys of `json` which have a value but mean nothing to the engine, and which transformers
// is not known to write either.
void note_unknown_keys(const Json& json, ConfigPart part, std::vector<std::string>& notes);

}  // namespace vitpose::engine

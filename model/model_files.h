// The two forms in which models come, opened: a Hugging Face directory, or one converted file.
//
// A converted file is a valid safetensors file. Its tensors are named as in weights.cpp and stored in the layout
// the kernels read, each on a 64-byte boundary, so opening it is one mmap. Its metadata holds
//   vitpose_format "1", config and preprocessor_config (JSON in Hugging Face's schema), source (a remark).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "io/safetensors.h"
#include "model/config.h"
#include "model/parameters.h"

namespace vitpose::engine {

struct ModelFiles {
  ModelConfig config;
  PreprocessConfig preprocess;
  ParameterSet parameters;         // may look into `tensors`
  SafeTensors tensors;             // keeps a converted file mapped; empty for a directory
  std::vector<std::string> notes;  // remarks, one line each
  std::string storage;             // "f32", "bf16", "f16", "int8", "int4": the element type of the file's matrices
  bool converted = false;
  AlignedBuffer aligned_copy;  // of bytes that did not lie on a boundary; `tensors` looks into it
};

// `storage`: the layout a directory's matrices are packed to (a converted file stays as it is).
ModelFiles open_model(const std::string& path, MappedFile::Access access, DType storage = DType::kF32);

// A converted file in memory. The parameters are views into `bytes`, which must outlive the result; bytes that do not
// begin on kAlignment are copied. `where` names them in messages.
ModelFiles open_model_memory(std::span<const std::byte> bytes, const std::string& where);

void write_converted_file(const std::string& path, const ModelConfig& config, const PreprocessConfig& preprocess,
                          const ParameterSet& parameters, const std::string& source);

}  // namespace vitpose::engine

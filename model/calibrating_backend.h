// A backend that rounds the weights of a vision transformer to int4 while it runs.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/thread_pool.h"
#include "model/parameters.h"
#include "ops/forwarding_backend.h"

namespace vitpose::engine {

// Runs the exact model and the rounded one beside each other: of every two crops, which are the same, the first goes
// through the exact weights and the second through rounded ones. The weights of every linear map are rounded, and its
// bias corrected, when the rounded model comes to it.
class CalibratingBackend final : public ForwardingBackend {
 public:
  using Names = std::map<const void*, std::string>;  // of the matrices, by where the exact ones lie

  // `tokens` of a crop. Replaces the named matrices and their biases in `rounded`.
  CalibratingBackend(std::unique_ptr<Backend> backend, Names names, Index tokens, ThreadPool& pool,
                     ParameterSet& rounded);

  void linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
              Workspace& workspace) const override;

 private:
  LinearWeights round(ConstActivations x, const LinearWeights& weights, ConstActivations out, Epilogue epilogue,
                      Workspace& workspace) const;

  Names names_;
  Index tokens_;
  ThreadPool& pool_;
  ParameterSet& rounded_;
};

}  // namespace vitpose::engine

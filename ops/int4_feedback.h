// int4 for inputs that are known: integers whose errors make up for each other in the products.
#pragma once

#include "core/thread_pool.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

// weights [n, k]; moments [k, k] = X^T X of the inputs X [rows, k] that the matrix will meet, or some like them. Where
// pack_int4(weights) makes each weight's error small, this makes the error of the products small,
//   |X (W - W')^T|^2 = sum over channels of (w - w')^T moments (w - w')
// in the same format: each weight is rounded after what the errors of those before it ask of it was added (the feedback
// of GPTQ, arXiv 2210.17323, in the form of LDL, arXiv 2307.13304), the scale of each group is chosen for the weights
// so changed, and then every integer twice takes the value that is best for what the others have become. A hundredth of
// the diagonal's mean is added to the diagonal, so that directions which X does not have are not free.
// Moments that are zero or not finite: pack_int4(weights). The bits depend on neither threads nor processor.
Int4Matrix pack_int4(TensorView<const float> weights, TensorView<const float> moments, ThreadPool& pool);

}  // namespace vitpose::engine

// int4 for inputs that are known: integers whose errors make up for each other in the products.
#pragma once

#include "core/thread_pool.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

// weights [n, k]; moments [k, k] = X^T X of the inputs X [rows, k] that the matrix will meet, or some like them;
// losses [n, k] = L^T X, where L [rows, n] is what the products are to make up for beside their own errors, or zeros.
// Where pack_int4(weights) makes each weight's error small, this makes the error of the products small,
//   |X (W - W')^T + L|^2,
// in the same format: the weights become those that are best without rounding (least squares), then each is rounded
// after what the errors of those before it ask of it was added (the feedback of GPTQ, arXiv 2210.17323, in the form of
// LDL, arXiv 2307.13304), the scale of each group is chosen for the weights so changed, and then every integer twice
// takes the value that is best for what the others have become. A hundredth of the diagonal's mean is added to
// the diagonal, so that directions which X does not have are not free. Moments or losses that are not finite, or
// moments of zero: pack_int4(weights). The bits depend on neither threads nor processor.
Int4Matrix pack_int4(TensorView<const float> weights, TensorView<const float> moments, TensorView<const float> losses,
                     ThreadPool& pool);

}  // namespace vitpose::engine

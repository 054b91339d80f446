#define Eigen EigenBaseline
#include "ops/eigen/eigen_product_body.h"

namespace vitpose::engine {

void eigen_product_scalar(const float* a, Index rows, const float* weights, Index channels, Index k, float* out) {
  eigen_product<EigenMatrix>(a, rows, weights, channels, k, out);
}

}  // namespace vitpose::engine

#define Eigen EigenAvx2
#include "ops/eigen/eigen_product_body.h"

namespace vitpose::engine {

void eigen_product_avx2(const float* a, Index rows, const float* weights, Index channels, Index k, float* out) {
  eigen_product<EigenMatrix>(a, rows, weights, channels, k, out);
}

}  // namespace vitpose::engine

#include "ops/cholesky.h"

#include <cmath>
#include <vector>

namespace vitpose::engine {

namespace {

constexpr Index kBlock = 64;  // columns that are taken off at once

// Columns [begin, end) of R, all rows; what is left to factor is [0, begin).
class Panel {
 public:
  Panel(double* matrix, Index n, Index begin, Index end) : matrix_(matrix), n_(n), begin_(begin), end_(end) {}

  // Row i, which needs the rows below it that are in the diagonal block.
  bool solve_row(Index i) const {
    double* const row = matrix_ + i * n_;
    for (Index j = end_ - 1; j >= begin_ && j >= i; --j) {
      const double* const other = matrix_ + j * n_;
      double sum = row[j];
      for (Index m = j + 1; m < end_; ++m) sum -= row[m] * other[m];
      if (j == i && !(sum > 0.0)) return false;
      row[j] = j == i ? std::sqrt(sum) : sum / other[j];
    }
    return true;
  }

  // [count, begin]: the panel's columns as rows, of which subtract() takes the products.
  std::vector<double> transposed() const {
    std::vector<double> columns;
    columns.reserve(static_cast<std::size_t>((end_ - begin_) * begin_));
    for (Index m = begin_; m < end_; ++m) {
      for (Index i = 0; i < begin_; ++i) columns.push_back(matrix_[i * n_ + m]);
    }
    return columns;
  }

  // From row i of what is left: the panel's row times its transpose.
  void subtract(Index i, const double* columns) const {
    double* const row = matrix_ + i * n_;
    for (Index m = begin_; m < end_; ++m, columns += begin_) {
      const double factor = row[m];
      for (Index j = i; j < begin_; ++j) row[j] -= factor * columns[j];
    }
  }

 private:
  double* matrix_;
  Index n_;
  Index begin_;
  Index end_;
};

}  // namespace

bool factor_upper(double* matrix, Index n, ThreadPool& pool) {
  for (Index end = n; end > 0;) {
    const Index begin = end > kBlock ? end - kBlock : 0;
    const Panel panel(matrix, n, begin, end);
    for (Index i = end - 1; i >= begin; --i) {
      if (!panel.solve_row(i)) return false;
    }
    pool.parallel_for(begin, [&](Index i, int) { panel.solve_row(i); });
    const std::vector<double> columns = panel.transposed();
    pool.parallel_for(begin, [&](Index i, int) { panel.subtract(i, columns.data()); });
    end = begin;
  }
  return true;
}

}  // namespace vitpose::engine

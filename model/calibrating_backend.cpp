#include "model/calibrating_backend.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "ops/int4_feedback.h"

namespace vitpose::engine {

namespace {

constexpr Index kRowsAtOnce = 2048;  // of inputs, while their moments are added up

// In tiles, so that what is written lies in a few cache lines.
Tensor transposed(TensorView<const float> x) {
  constexpr Index kTile = 16;
  const Index rows = x.shape[0];
  const Index columns = x.shape[1];
  Tensor result(DType::kF32, {columns, rows});
  float* const out = result.data<float>();
  for (Index first_row = 0; first_row < rows; first_row += kTile) {
    const Index last_row = std::min(first_row + kTile, rows);
    for (Index first = 0; first < columns; first += kTile) {
      for (Index column = first; column < std::min(first + kTile, columns); ++column) {
        for (Index row = first_row; row < last_row; ++row) out[column * rows + row] = x.data[row * columns + column];
      }
    }
  }
  return result;
}

MatrixView<float> matrix(Tensor& tensor) {
  return {tensor.data<float>(), tensor.shape()[0], tensor.shape()[1]};
}

Tensor zeros(Index rows, Index columns) {
  Tensor result(DType::kF32, {rows, columns});
  std::fill_n(result.data<float>(), result.count(), 0.0f);
  return result;
}

template <class Operation>
void accumulate(Tensor& sum, const Tensor& term, Operation operation) {
  float* const to = sum.data<float>();
  std::transform(to, to + sum.count(), term.data<float>(), to, operation);
}

// Rows of tokens as a calibration set gives them: each crop's in the exact model, then the same in the rounded one.
class Pairs {
 public:
  Pairs(MatrixView<const float> rows, Index tokens) : rows_(rows), tokens_(tokens) {}

  Index tokens() const { return tokens_; }
  Index count() const { return rows_.rows / (2 * tokens_); }
  MatrixView<const float> exact(Index pair) const { return rows_.row_block(2 * pair * tokens_, tokens_); }
  MatrixView<const float> rounded(Index pair) const { return rows_.row_block((2 * pair + 1) * tokens_, tokens_); }

  // Rows of the rounded model in pairs [first, last), less `mean` [columns]: [rows, columns].
  Tensor rounded_rows(Index first, Index last, const float* mean) const {
    return gather(first, last, [&](Index pair, Index row, float* to) {
      const float* const minuend = rounded(pair).row(row);
      std::transform(minuend, minuend + rows_.columns, mean, to, std::minus<>());
    });
  }

  // Likewise, exact - rounded.
  Tensor losses(Index first, Index last) const {
    return gather(first, last, [&](Index pair, Index row, float* to) {
      const float* const minuend = exact(pair).row(row);
      std::transform(minuend, minuend + rows_.columns, rounded(pair).row(row), to, std::minus<>());
    });
  }

  // Of all rows of one of the models: [1, columns].
  Tensor exact_mean() const { return mean(&Pairs::exact); }
  Tensor rounded_mean() const { return mean(&Pairs::rounded); }

 private:
  template <class Write>
  Tensor gather(Index first, Index last, Write write) const {
    Tensor result(DType::kF32, {(last - first) * tokens_, rows_.columns});
    float* to = result.data<float>();
    for (Index pair = first; pair < last; ++pair) {
      for (Index row = 0; row < tokens_; ++row, to += rows_.columns) write(pair, row, to);
    }
    return result;
  }

  Tensor mean(MatrixView<const float> (Pairs::*block)(Index) const) const {
    std::vector<double> sums(static_cast<std::size_t>(rows_.columns));
    for (Index pair = 0; pair < count(); ++pair) {
      const MatrixView<const float> rows = (this->*block)(pair);
      for (Index row = 0; row < tokens_; ++row) {
        std::transform(sums.begin(), sums.end(), rows.row(row), sums.begin(), std::plus<>());
      }
    }
    Tensor result(DType::kF32, {1, rows_.columns});
    const auto divisor = static_cast<double>(count() * tokens_);
    std::transform(sums.begin(), sums.end(), result.data<float>(),
                   [=](double sum) { return static_cast<float>(sum / divisor); });
    return result;
  }

  MatrixView<const float> rows_;
  Index tokens_;
};

// What the rounded weights of one linear map shall be fitted to.
class Fitting {
 public:
  // `x` is what the map reads; `stream` what it adds to, or null. Then the products may make up for what the stream has
  // lost, and for what their own inputs have.
  Fitting(const Backend& backend, const LinearWeights& exact, const Pairs& x, const Pairs* stream, Workspace& workspace)
      : backend_(backend), exact_(exact), x_(x), stream_(stream), workspace_(workspace) {}

  // With X [rows, k], the rounded model's inputs less their mean (a bias keeps the mean right whatever the weights are,
  // which then are free to care for the rest only), and L [rows, n], what there is to make up for:
  struct Statistics {
    Tensor moments;  // [k, k] = X^T X
    Tensor losses;   // [n, k] = L^T X
  };

  Statistics statistics() const {
    const Index n = exact_.matrix.n;
    const Index k = exact_.matrix.k;
    const Tensor mean = exact_.bias != nullptr ? x_.rounded_mean() : zeros(1, k);
    Statistics found{zeros(k, k), zeros(n, k)};
    const Index pairs_at_once = std::max(kRowsAtOnce / x_.tokens(), Index{1});
    for (Index first = 0; first < x_.count(); first += pairs_at_once) {
      const Index last = std::min(first + pairs_at_once, x_.count());
      Tensor inputs = transposed(x_.rounded_rows(first, last, mean.data<float>()).view<float>());
      const Tensor packed = pack_matrix(inputs.view<float>(), DType::kF32);
      const PackedMatrix factor = packed_view(packed, k, inputs.shape()[1]);
      add_product(inputs, factor, found.moments);
      if (stream_ == nullptr) continue;
      Tensor lost_inputs = x_.losses(first, last);
      Tensor lost = stream_->losses(first, last);
      add_product(lost_inputs, exact_.matrix, lost);
      Tensor losses = transposed(lost.view<float>());
      add_product(losses, factor, found.losses);
    }
    return found;
  }

  // The bias [1, n] with which the rounded model's sums have the mean of the exact model's; as it was where that mean
  // is no number.
  Tensor bias(const PackedMatrix& rounded) const {
    Tensor bias(DType::kF32, {1, exact_.matrix.n});
    std::copy_n(exact_.bias, exact_.matrix.n, bias.data<float>());
    if (stream_ != nullptr) {
      accumulate(bias, stream_->exact_mean(), std::plus<>());
      accumulate(bias, stream_->rounded_mean(), std::minus<>());
    }
    Tensor exact_mean = x_.exact_mean();
    add_product(exact_mean, exact_.matrix, bias);
    Tensor negative_mean = zeros(1, exact_.matrix.k);
    accumulate(negative_mean, x_.rounded_mean(), std::minus<>());
    add_product(negative_mean, rounded, bias);
    std::transform(exact_.bias, exact_.bias + exact_.matrix.n, bias.data<float>(), bias.data<float>(),
                   [](float before, float after) { return std::isfinite(after) ? after : before; });
    return bias;
  }

 private:
  // out += x W^T
  void add_product(Tensor& x, const PackedMatrix& w, Tensor& out) const {
    LinearWeights weights;
    weights.matrix = w;
    backend_.prepare(weights);
    backend_.linear(matrix(x), weights, matrix(out), Epilogue::kAccumulate, workspace_);
  }

  const Backend& backend_;
  const LinearWeights& exact_;
  const Pairs& x_;
  const Pairs* stream_;
  Workspace& workspace_;
};

}  // namespace

CalibratingBackend::CalibratingBackend(std::unique_ptr<Backend> backend, Names names, Index tokens, ThreadPool& pool,
                                       ParameterSet& rounded)
    : ForwardingBackend(std::move(backend)),
      names_(std::move(names)),
      tokens_(tokens),
      pool_(pool),
      rounded_(rounded) {}

void CalibratingBackend::linear(ConstActivations x, const LinearWeights& weights, Activations out, Epilogue epilogue,
                                Workspace& workspace) const {
  const LinearWeights rounded = round(x, weights, out, epilogue, workspace);
  bool is_rounded = false;
  for (Index row = 0; row < x.rows; row += tokens_, is_rounded = !is_rounded) {
    ForwardingBackend::linear(x.row_block(row, tokens_), is_rounded ? rounded : weights, out.row_block(row, tokens_),
                              epilogue, workspace);
  }
}

LinearWeights CalibratingBackend::round(ConstActivations x, const LinearWeights& weights, ConstActivations out,
                                        Epilogue epilogue, Workspace& workspace) const {
  const std::string& name = names_.at(weights.matrix.data);
  const Pairs inputs(x.f32(), tokens_);
  const Pairs stream(out.f32(), tokens_);
  const Fitting fitting(inner(), weights, inputs, epilogue == Epilogue::kAccumulate ? &stream : nullptr, workspace);
  const Fitting::Statistics found = fitting.statistics();
  const Tensor exact = unpack_matrix(weights.matrix);
  rounded_.add_matrix(name,
                      pack_int4(exact.view<float>(), found.moments.view<float>(), found.losses.view<float>(), pool_));
  LinearWeights result;
  result.matrix = rounded_.matrix(name, weights.matrix.n, weights.matrix.k);
  if (weights.bias != nullptr) {
    const std::string bias = name.substr(0, name.rfind('.')) + ".bias";
    rounded_.add_vector(bias, fitting.bias(result.matrix).view<float>());
    result.bias = rounded_.vector(bias, weights.matrix.n);
  }
  prepare(result);
  return result;
}

}  // namespace vitpose::engine

#include "ops/int4_feedback.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <vector>

#include "core/first_exception.h"
#include "ops/cholesky.h"
#include "ops/int4_scale.h"

namespace vitpose::engine {

namespace {

using Vector = simd::F32x16Scalar;  // a panel's channels

constexpr double kDamping = 0.01;
constexpr int kSweeps = 2;

std::size_t square(Index k) {
  return static_cast<std::size_t>(k) * static_cast<std::size_t>(k);
}

// What the moments ask of the errors of one channel, e [k].
struct Feedback {
  Index k;
  std::vector<float> moments;     // [k, k], damped
  std::vector<float> feedback;    // [k, k]: weight j is to grow by the sum over i < j of feedback[j][i] * e[i]
  std::vector<float> importance;  // [k]: of the square of what is then left of e[j]
};

std::optional<Feedback> make_feedback(TensorView<const float> moments, ThreadPool& pool) {
  const Index k = moments.shape[0];
  Feedback result{k, std::vector<float>(moments.data, moments.data + square(k)), std::vector<float>(square(k)), {}};
  double trace = 0.0;
  for (Index j = 0; j < k; ++j) trace += moments.data[j * k + j];
  if (!std::isfinite(trace) || !(trace > 0.0)) return std::nullopt;
  for (Index j = 0; j < k; ++j) {
    float& diagonal = result.moments[static_cast<std::size_t>(j * k + j)];
    diagonal = static_cast<float>(diagonal + kDamping * trace / static_cast<double>(k));
  }
  std::vector<double> factor(result.moments.begin(), result.moments.end());
  if (!factor_upper(factor.data(), k, pool)) return std::nullopt;  // also if something is not finite
  for (Index j = 0; j < k; ++j) {
    const double diagonal = factor[static_cast<std::size_t>(j * k + j)];
    result.importance.push_back(static_cast<float>(diagonal * diagonal));
    for (Index i = 0; i < j; ++i) {
      result.feedback[static_cast<std::size_t>(j * k + i)] =
          static_cast<float>(factor[static_cast<std::size_t>(i * k + j)] / diagonal);
    }
  }
  return result;
}

// Sixteen channels.
class Panel {
 public:
  Panel(TensorView<const float> weights, TensorView<const float> losses, Index first_channel, const Feedback& feedback)
      : k_(feedback.k),
        channels_(weights.shape[0] - first_channel < kPanelWidth ? weights.shape[0] - first_channel : kPanelWidth),
        feedback_(feedback),
        weights_(panel_of(weights, first_channel)) {
    make_up_for(panel_of(losses, first_channel));
    integers_ = errors_ = weights_;
  }

  void round() {
    for (Index first = 0; first < k_; first += kInt4Group) round_group(first, end_of_group(first));
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (Index kk = 0; kk < k_; ++kk) improve(kk);
    }
  }

  void store(Int4Builder& matrix, Index first_channel) const {
    for (Index lane = 0; lane < channels_; ++lane) {
      for (Index first = 0; first < k_; first += kInt4Group) {
        float integers[kInt4Group];
        for (Index kk = first; kk < end_of_group(first); ++kk) integers[kk - first] = at(integers_, kk).lane[lane];
        const Index group = first / kInt4Group;
        matrix.set_group(first_channel + lane, group, at(scales_, group).lane[lane], integers);
      }
    }
  }

 private:
  static Vector& at(std::vector<Vector>& vectors, Index i) { return vectors[static_cast<std::size_t>(i)]; }
  static const Vector& at(const std::vector<Vector>& vectors, Index i) { return vectors[static_cast<std::size_t>(i)]; }
  std::vector<Vector> panel_of(TensorView<const float> rows, Index first_channel) const {
    std::vector<Vector> panel;
    for (Index kk = 0; kk < k_; ++kk) {
      float row[kPanelWidth] = {};
      for (Index lane = 0; lane < channels_; ++lane) row[lane] = rows.data[(first_channel + lane) * k_ + kk];
      panel.push_back(Vector::load(row));
    }
    return panel;
  }

  Index end_of_group(Index first) const { return k_ - first < kInt4Group ? k_ : first + kInt4Group; }
  const Vector& scale_of(Index kk) const { return at(scales_, kk / kInt4Group); }
  const Vector& inverse_of(Index kk) const { return at(inverses_, kk / kInt4Group); }

  // Of errors [begin, end), each times its factor.
  Vector sum_of_errors(const float* factors, Index begin, Index end) const {
    Vector sum = Vector::broadcast(0.0f);
    for (Index i = begin; i < end; ++i) sum = sum + at(errors_, i) * Vector::broadcast(factors[i]);
    return sum;
  }

  // Least squares: the damped moments' inverse times the losses. Moments are U D U^T, where U, a unit upper triangle,
  // has the feedback to weight j as its column j, and D the importance.
  void make_up_for(std::vector<Vector> losses) {
    for (Index j = k_ - 1; j >= 0; --j) {
      const Vector solved = at(losses, j);
      const float* const column = feedback_to(j);
      for (Index i = 0; i < j; ++i) at(losses, i) = at(losses, i) - solved * Vector::broadcast(column[i]);
    }
    errors_ = losses;  // which sum_of_errors() reads
    for (Index j = 0; j < k_; ++j) {
      const float importance = feedback_.importance[static_cast<std::size_t>(j)];
      at(errors_, j) = at(losses, j) * Vector::broadcast(1.0f / importance) - sum_of_errors(feedback_to(j), 0, j);
      at(weights_, j) = at(weights_, j) + at(errors_, j);
    }
  }

  const float* feedback_to(Index kk) const { return feedback_.feedback.data() + kk * k_; }

  void round_group(Index first, Index end) {
    std::vector<Vector> wanted;  // with the feedback of the groups before
    for (Index kk = first; kk < end; ++kk) {
      wanted.push_back(at(weights_, kk) + sum_of_errors(feedback_to(kk), 0, first));
    }
    choose_scales(wanted, first);
    for (Index kk = first; kk < end; ++kk) {
      set(kk, at(wanted, kk - first) + sum_of_errors(feedback_to(kk), first, kk));
    }
  }

  void choose_scales(const std::vector<Vector>& wanted, Index first) {
    Vector scales = Vector::broadcast(0.0f);
    Vector inverses = scales;
    for (Index lane = 0; lane < channels_; ++lane) {
      std::vector<float> group;
      for (const Vector& row : wanted) group.push_back(row.lane[lane]);
      scales.lane[lane] =
          best_int4_scale(group.data(), feedback_.importance.data() + first, static_cast<Index>(group.size()));
      if (scales.lane[lane] != 0.0f) inverses.lane[lane] = 1.0f / scales.lane[lane];
    }
    scales_.push_back(scales);
    inverses_.push_back(inverses);
  }

  void set(Index kk, const Vector& wanted) {
    at(integers_, kk) = int4_integers(wanted * inverse_of(kk));
    at(errors_, kk) = at(weights_, kk) - at(integers_, kk) * scale_of(kk);
  }

  // The squared error of the products, as a function of this weight alone, is a parabola.
  void improve(Index kk) {
    const float* const row = feedback_.moments.data() + kk * k_;
    const Vector step = sum_of_errors(row, 0, k_) * Vector::broadcast(1.0f / row[kk]);
    set(kk, at(integers_, kk) * scale_of(kk) + step);
  }

  Index k_;
  Index channels_;
  const Feedback& feedback_;
  std::vector<Vector> weights_, integers_, errors_;  // [k]; errors: weights - integers * scales
  std::vector<Vector> scales_, inverses_;            // [groups]; 0 where the scale is 0
};

}  // namespace

Int4Matrix pack_int4(TensorView<const float> weights, TensorView<const float> moments, TensorView<const float> losses,
                     ThreadPool& pool) {
  assert(moments.shape == (Shape{weights.shape[1], weights.shape[1]}));
  assert(losses.shape == weights.shape);
  const std::optional<Feedback> feedback = make_feedback(moments, pool);
  const float* const end = losses.data + losses.count();
  if (!feedback || !std::all_of(losses.data, end, [](float v) { return std::isfinite(v); })) return pack_int4(weights);
  Int4Builder matrix(weights.shape[0], weights.shape[1]);
  FirstException failure;
  pool.parallel_for((weights.shape[0] + kPanelWidth - 1) / kPanelWidth, [&](Index index, int) {
    failure.guard([&] {
      Panel panel(weights, losses, index * kPanelWidth, *feedback);
      panel.round();
      panel.store(matrix, index * kPanelWidth);
    });
  });
  failure.rethrow();
  return matrix.finish();
}

}  // namespace vitpose::engine

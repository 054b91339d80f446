// vitpose compare: how far two .npy files are apart.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include "core/error.h"
#include "io/npy.h"
#include "tools/vitpose/commands.h"
#include "tools/vitpose/numbers.h"

namespace vitpose::tools {

namespace {

using engine::DType;
using engine::Index;
using engine::Tensor;

struct CompareArguments {
  std::string a;
  std::string b;
  double atol = 0;
};

// Histogram of distances in units in the last place: 0, 1, 2, 3-4, 5-8, ... (by powers of two).
class UlpHistogram {
 public:
  void add(std::uint64_t distance) { ++counts_[distance == 0 ? 0 : 1 + std::bit_width(distance - 1)]; }
  void print() const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] == 0) continue;
      const std::uint64_t last = i == 0 ? 0 : std::uint64_t{1} << std::min<std::size_t>(i - 1, 63);
      const std::uint64_t first = i <= 2 ? last : last / 2 + 1;
      const std::string range = std::to_string(first) + (first == last ? "" : std::string("-") + std::to_string(last));
      std::printf("  %12s ULP  %lld\n", range.c_str(), static_cast<long long>(counts_[i]));
    }
  }

 private:
  std::array<std::int64_t, 66> counts_{};
};

// The value's place among all values of its type, in order; both zeros have the same.
std::int64_t place(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits < 0 ? -static_cast<std::int64_t>(bits & 0x7fffffff) : bits;
}
std::int64_t place(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits < 0 ? -(bits & std::numeric_limits<std::int64_t>::max()) : bits;
}

template <class Float>
std::uint64_t ulp_distance(Float a, Float b) {
  const std::int64_t high = std::max(place(a), place(b));
  const std::int64_t low = std::min(place(a), place(b));
  return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
}

struct Report {
  double max_difference = 0;
  Index max_index = -1;
  Index different = 0;
  Index nan_in_one = 0;
  bool has_ulps = false;
  UlpHistogram ulps;
};

// Integers of 64 bits are subtracted as such: two that differ may be the same double.
template <class Number>
double absolute_difference(Number x, Number y) {
  if constexpr (std::is_floating_point_v<Number>) {
    return std::abs(static_cast<double>(x) - static_cast<double>(y));
  } else {
    const auto high = static_cast<std::uint64_t>(std::max(x, y));
    return static_cast<double>(high - static_cast<std::uint64_t>(std::min(x, y)));
  }
}

// NaN equals NaN, infinity equals itself.
template <class Element, class ToNumber>
Report compare_elements(const Tensor& a, const Tensor& b, const ToNumber& to_number) {
  Report report;
  const Element* left = a.data<Element>();
  const Element* right = b.data<Element>();
  for (Index i = 0; i < a.count(); ++i) {
    const auto x = to_number(left[i]);
    const auto y = to_number(right[i]);
    if (x != x || y != y) {
      if ((x != x) != (y != y)) ++report.nan_in_one;
      continue;
    }
    if constexpr (std::is_floating_point_v<Element>) report.ulps.add(ulp_distance(left[i], right[i]));
    if (x == y) continue;
    ++report.different;
    const double difference = absolute_difference(x, y);
    if (report.max_index < 0 || difference > report.max_difference) {
      report.max_difference = difference;
      report.max_index = i;
    }
  }
  report.has_ulps = std::is_floating_point_v<Element>;
  return report;
}

template <class Element>
Report compare_numbers(const Tensor& a, const Tensor& b) {
  return compare_elements<Element>(a, b, [](Element value) { return value; });
}

Report compare_tensors(const Tensor& a, const Tensor& b) {
  switch (a.dtype()) {
    case DType::kF32: return compare_numbers<float>(a, b);
    case DType::kF64: return compare_numbers<double>(a, b);
    case DType::kI8: return compare_numbers<std::int8_t>(a, b);
    case DType::kU8: return compare_numbers<std::uint8_t>(a, b);
    case DType::kI32: return compare_numbers<std::int32_t>(a, b);
    case DType::kI64: return compare_numbers<std::int64_t>(a, b);
    case DType::kF16:
      return compare_elements<engine::Float16>(a, b, [](engine::Float16 value) { return engine::to_f32(value); });
    case DType::kBF16:
    case DType::kI16:
    case DType::kI4: break;  // npy.h reads no such type
  }
  return {};
}

std::string index_text(Index flat, const engine::Shape& shape) {
  std::string text;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    text = std::to_string(flat % shape[axis]) + (text.empty() ? "" : ",") + text;
    flat /= shape[axis];
  }
  return "[" + text + "]";
}

void compare_files(const CompareArguments& arguments) {
  const Tensor a = engine::read_npy(arguments.a);
  const Tensor b = engine::read_npy(arguments.b);
  const auto describe = [](const Tensor& tensor) {
    return std::string(engine::name_of(tensor.dtype())) + " " + tensor.shape().to_string();
  };
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) {
    engine::fail(engine::ErrorCode::kInvalidArgument, arguments.b, ": expected ", describe(a), " as in ", arguments.a,
                 ", found ", describe(b));
  }
  const Report report = compare_tensors(a, b);
  const engine::Index different = report.different + report.nan_in_one;
  std::printf("%s, %lld values, %lld different\n", describe(a).c_str(), static_cast<long long>(a.count()),
              static_cast<long long>(different));
  std::printf("max |d|  %s%s\n", to_text(report.max_difference).c_str(),
              report.max_index < 0 ? "" : (std::string(" at ") + index_text(report.max_index, a.shape())).c_str());
  if (report.nan_in_one > 0) std::printf("NaN in one of the two: %lld\n", static_cast<long long>(report.nan_in_one));
  if (report.has_ulps) report.ulps.print();
  if (report.nan_in_one > 0) throw std::runtime_error("a value is NaN in one of the files only");
  if (report.max_difference > arguments.atol) {
    throw std::runtime_error(std::string("max |d| ") + to_text(report.max_difference) + " is above --atol " +
                             to_text(arguments.atol));
  }
}

}  // namespace

void add_compare_command(Command program) {
  Command command = program.add_subcommand("compare", "How far two .npy files are apart; exit code 1 above --atol");
  const auto arguments = std::make_shared<CompareArguments>();
  command.add_option("A", arguments->a, "A .npy file").required();
  command.add_option("B", arguments->b, "A .npy file of the same type and shape").required();
  command.add_option("--atol", arguments->atol, "Largest allowed absolute difference").not_negative().show_default();
  command.callback([arguments] { compare_files(*arguments); });
}

}  // namespace vitpose::tools

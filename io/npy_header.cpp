#include "io/npy_header.h"

#include <charconv>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::engine {
namespace {

struct NpyType {
  const char* name;
  DType dtype;
};
constexpr NpyType kTypes[] = {{"<f4", DType::kF32}, {"<f2", DType::kF16}, {"<f8", DType::kF64}, {"|i1", DType::kI8},
                              {"|u1", DType::kU8},  {"<i4", DType::kI32}, {"<i8", DType::kI64}};

// The few forms of Python literals that NumPy writes, and no others.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  NpyHeader read() {
    NpyHeader header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !has_descr) {
        has_descr = true;
        header.dtype = dtype();
      } else if (key == "fortran_order" && !has_order) {
        has_order = true;
        refuse_fortran_order();
      } else if (key == "shape" && !has_shape) {
        has_shape = true;
        header.shape = shape();
      } else {
        malformed("expected the keys 'descr', 'fortran_order' and 'shape' once, found '" + excerpt(key) + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (!rest_.empty()) malformed("expected its end, found '" + excerpt(rest_, 20) + "'");
    if (!has_descr || !has_order || !has_shape) malformed("expected the keys 'descr', 'fortran_order' and 'shape'");
    check_size(header);
    return header;
  }

 private:
  [[noreturn]] void malformed(const std::string& message) const {
    fail(ErrorCode::kFormat, where_, ": malformed .npy header: ", message);
  }

  void skip_spaces() {
    const std::size_t count = rest_.find_first_not_of(" \n");
    rest_.remove_prefix(count == std::string_view::npos ? rest_.size() : count);
  }

  bool accept(char character) {
    skip_spaces();
    if (rest_.empty() || rest_.front() != character) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool accept(std::string_view word) {
    skip_spaces();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  void expect(char character) {
    if (accept(character)) return;
    malformed(std::string("expected '") + character + "', found '" + excerpt(rest_, 20) + "'");
  }

  std::string_view string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t length = rest_.find(quote);
    if (length == std::string_view::npos) malformed("a string does not end");
    const std::string_view value = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    return value;
  }

  DType dtype() {
    if (accept('[')) fail(ErrorCode::kFormat, where_, ": expected an array of numbers, found a structured dtype");
    const std::string_view name = string();
    for (const NpyType& type : kTypes) {
      if (name == type.name) return type.dtype;
    }
    fail(ErrorCode::kFormat, where_, ": expected dtype <f4, <f2, <f8, |i1, |u1, <i4 or <i8, found '", excerpt(name),
         "'");
  }

  void refuse_fortran_order() {
    if (accept("True")) fail(ErrorCode::kFormat, where_, ": expected C order, found Fortran order");
    if (!accept("False")) malformed("expected True or False, found '" + excerpt(rest_, 20) + "'");
  }

  Shape shape() {
    Shape extents;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      std::uint64_t extent = 0;
      const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (problem != std::errc{} || extent > INT64_MAX)
        malformed("expected an extent, found '" + excerpt(rest_, 20) + "'");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      accept('L');  // Python 2 wrote 3L
      if (extents.rank() == Shape::kMaxRank) {
        fail(ErrorCode::kFormat, where_, ": expected at most ", Shape::kMaxRank, " dimensions, found more");
      }
      extents.push_back(static_cast<Index>(extent));
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  void check_size(const NpyHeader& header) const {
    Index bytes = static_cast<Index>(size_of(header.dtype));
    for (int axis = 0; axis < header.shape.rank(); ++axis) {
      if (__builtin_mul_overflow(bytes, header.shape[axis], &bytes)) {
        fail(ErrorCode::kFormat, where_, ": the size of shape ", header.shape.to_string(), " exceeds 63 bits");
      }
    }
  }

  std::string_view rest_;
  const std::string& where_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& where) {
  return HeaderReader(text, where).read();
}

const char* npy_type_name(DType dtype) {
  for (const NpyType& type : kTypes) {
    if (type.dtype == dtype) return type.name;
  }
  return nullptr;
}

}  // namespace vitpose::engine

#include "tests/ops/gemm_product.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

TEST_CASE("the GEMM of every kernel table equals its definition over awkward sizes") {
  for (const Index rows : {1, 5, 11, 12, 13, 16, 35}) {
    for (const Index n : {1, 15, 16, 17, 35, 49}) {
      for (const Index k : {1, 2, 15, 17, 35}) {
        GemmCase c;
        c.rows = rows;
        c.n = n;
        c.k = k;
        check(c);
      }
    }
  }
}

TEST_CASE("the GEMM adds the sums of blocks of 128 along k in ascending order") {
  for (const Index k : {127, 128, 129, 255, 256, 257, 511, 513, 768}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      GemmCase c;
      c.rows = 14;
      c.n = 40;
      c.k = k;
      c.dtype = dtype;
      check(c);
    }
  }
}

TEST_CASE("the GEMM's epilogues follow their definition, with and without bias, for f32 and bf16 weights") {
  for (const Epilogue epilogue : kEpilogues) {
    for (const bool bias : {false, true}) {
      for (const DType dtype : {DType::kF32, DType::kBF16}) {
        for (const Index k : {33, 300}) {
          GemmCase c;
          c.rows = 13;
          c.n = 52;
          c.k = k;
          c.dtype = dtype;
          c.epilogue = epilogue;
          c.bias = bias;
          check(c);
        }
      }
    }
  }
}

TEST_CASE("infinities, NaN, zeros of both signs and denormals pass the GEMM as its definition says") {
  for (const Epilogue epilogue : kEpilogues) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      for (const unsigned special_every : {3u, 40u, 700u}) {
        GemmCase c;
        c.rows = 13;
        c.n = 35;
        c.k = 19;
        c.dtype = dtype;
        c.epilogue = epilogue;
        c.special_every = special_every;
        check(c);
        c.bias = false;
        check(c);
      }
    }
  }
}

TEST_CASE("a row of A may consist of several runs that end anywhere in a block") {
  struct Runs {
    Index k;
    Index segments;
  };
  for (const Runs runs : {Runs{6, 3}, Runs{514, 2}, Runs{600, 2}, Runs{768, 4}, Runs{1024, 2}, Runs{35, 35}}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      GemmCase c;
      c.rows = 13;
      c.n = 33;
      c.k = runs.k;
      c.dtype = dtype;
      c.segments = runs.segments;
      c.segment_stride = runs.k / runs.segments + 10;
      c.a_layout = RowLayout::plain(c.rows, 7);  // rows that overlap, as windows of an image do
      check(c);
    }
  }
}

TEST_CASE("rows of A and of C may be the pixels of padded images") {
  for (const Index width : {1, 5, 12, 14, 24}) {
    const Index channels = 9;
    const Index height = 3;
    const Index images = 2;
    const Index line = (width + 2) * channels;
    GemmCase c;
    c.rows = images * height * width;
    c.n = 18;
    c.k = 4 * channels;
    c.epilogue = Epilogue::kRelu;
    c.a_layout = {width, height, channels, line, (height + 2) * line};
    c.segments = 2;
    c.segment_stride = line;
    const Index out_line = (2 * width + 2) * c.n;
    c.c_layout = {width, height, 2 * c.n, 2 * out_line, (2 * height + 2) * out_line};
    check(c);
    c.c_layout = {};  // images to a plain matrix
    check(c);
  }
}

TEST_CASE("operands of the GEMM may start at any float") {
  for (const Index misalignment : {1, 3, 7, 9}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      GemmCase c;
      c.rows = 26;
      c.n = 50;
      c.k = 70;
      c.dtype = dtype;
      c.epilogue = Epilogue::kAccumulate;
      c.misalignment = misalignment;
      check(c);
    }
  }
}

TEST_CASE("the GEMM equals its definition on the shapes of a small model's layers") {
  GemmCase c;
  c.rows = 24;
  c.n = 384;
  c.k = 384;
  c.epilogue = Epilogue::kGelu;
  check(c);
  c.n = 96;
  c.k = 1536;
  c.epilogue = Epilogue::kAccumulate;
  check(c);
}

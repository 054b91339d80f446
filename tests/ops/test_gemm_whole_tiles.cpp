// Tiles of 6 rows by 64 channels, which AVX-512 multiplies and finishes in assembly.
#include "tests/ops/gemm_product.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

TEST_CASE("tiles of whole rows and panels equal the definition, whatever lies beside them, in every epilogue") {
  for (const Epilogue epilogue : kEpilogues) {
    for (const Index rows : {6, 12, 20, 24}) {
      for (const Index n : {64, 80, 128, 150}) {
        for (const Index k : {95, 96, 97, 130, 300}) {
          GemmCase c;
          c.rows = rows;
          c.n = n;
          c.k = k;
          c.epilogue = epilogue;
          c.bias = n != 128;
          c.misalignment = n == 150 ? 1 : 0;
          check(c);
        }
      }
    }
  }
}

TEST_CASE("tiles of whole rows and panels pass infinities, NaN, zeros and denormals as the definition says") {
  for (const Epilogue epilogue : kEpilogues) {
    for (const unsigned special_every : {3u, 40u, 700u, 20000u}) {
      GemmCase c;
      c.rows = 20;
      c.n = 128;
      c.k = 300;
      c.epilogue = epilogue;
      c.special_every = special_every;
      check(c);
      c.bias = false;
      check(c);
    }
  }
}

TEST_CASE("tiles of whole rows and panels take rows that consist of several runs, and the pixels of images") {
  for (const Index run : {128, 150, 256}) {
    GemmCase c;
    c.rows = 24;
    c.n = 64;
    c.k = 2 * run;
    c.segments = 2;
    c.segment_stride = run + 10;
    c.epilogue = Epilogue::kRelu;
    c.a_layout = RowLayout::plain(c.rows, 7);
    check(c);
  }
  GemmCase c;
  c.rows = 2 * 3 * 12;
  c.n = 64;
  c.k = 2 * 2 * 64;
  c.epilogue = Epilogue::kRelu;
  const Index line = 14 * 64;
  c.a_layout = {12, 3, 64, line, 5 * line};
  c.segments = 2;
  c.segment_stride = line;
  const Index out_line = 26 * c.n;
  c.c_layout = {12, 3, 2 * c.n, 2 * out_line, 8 * out_line};
  check(c);
}

// A whole product by one kernel, block by block, with canaries around the memory that it is lent.
#pragma once

#include <algorithm>
#include <string>

#include "ops/gemm/gemm.h"
#include "tests/ops/test_support.h"

namespace vitpose::engine::test {

// Blocks of `rows` rows and `panels` panels, and of k in ranges of `range` units, one call each. "" or what is wrong.
// `Buffer` is what is lent.
template <class Buffer = GuardedBuffer>
std::string multiply_in_blocks(GemmKernel kernel, const GemmArguments& g, Index rows, Index panels, Index range) {
  range = std::min(range, g.units());
  for (Index panel = 0; panel < g.weights.panels(); panel += panels) {
    for (Index row = 0; row < g.rows; row += rows) {
      GemmBlock block;
      block.first_row = row;
      block.rows = std::min(rows, g.rows - row);
      block.first_panel = panel;
      block.panels = std::min(panels, g.weights.panels() - panel);
      Buffer scratch(gemm_scratch_floats(g, range));
      Buffer sums(range < g.units() ? block.rows * block.panels * kPanelWidth : 0);
      if (range < g.units()) block.sums = sums.data();
      for (block.first_k = 0; block.first_k < g.units(); block.first_k += range) {
        block.k = std::min(range, g.units() - block.first_k);
        kernel(g, block, scratch.data());
      }
      if (!scratch.intact()) return "wrote beyond the scratch memory";
      if (!sums.intact()) return "wrote beyond the sums";
    }
  }
  return "";
}

}  // namespace vitpose::engine::test

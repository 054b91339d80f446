// Picture files as work.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/vitpose/run/box_plan.h"
#include "tools/vitpose/run/work.h"

namespace vitpose::tools {

class PictureSource : public Source {
 public:
  // `skip[i]`: path i is done already; empty skips nothing.
  PictureSource(const std::vector<std::string>& paths, const BoxPlan& boxes, const ReadOptions& options,
                std::vector<bool> skip)
      : paths_(paths), boxes_(boxes), options_(options), skip_(std::move(skip)) {}

  std::optional<Work> next() override;

 private:
  void read(Work& work, std::size_t index) const;

  const std::vector<std::string>& paths_;
  const BoxPlan& boxes_;
  ReadOptions options_;
  std::vector<bool> skip_;
  std::size_t next_ = 0;
};

}  // namespace vitpose::tools

#include "tools/vitpose/run/result_sink.h"

#include <stdexcept>

namespace vitpose::tools {

void ResultSink::take(Work work) {
  ++taken_;
  if (smoother_ && work.error.empty()) smoother_->smooth(work.result);
  if (smoother_ && !work.error.empty()) smoother_->skip_frame();
  if (work.error.empty()) paint(work);
  painter_.show(work);
  // The line comes last: once it is there, a resumed run takes everything of the picture for done.
  if (work.error.empty()) {
    writer_.add(work.result);
  } else {
    fail(work);
  }
  progress_.advance();
}

// A drawing that cannot be written fails its own picture.
void ResultSink::paint(Work& work) const {
  try {
    painter_.paint(work);
  } catch (const std::exception& error) {
    work.error = error.what();
  }
}

void ResultSink::fail(const Work& work) {
  if (alone_) throw std::runtime_error(work.error);
  if (failures_++ == 0) first_failure_ = work.error;
  writer_.add_failed(work.result, work.error);
}

void ResultSink::require_no_failures(const std::string& what) const {
  if (failures_ == 0) return;
  throw std::runtime_error(std::to_string(failures_) + " of " + std::to_string(taken_) + " " + what +
                           " failed, the first: " + first_failure_);
}

}  // namespace vitpose::tools

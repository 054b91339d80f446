// Reading, estimating and writing at the same time, on a thread each.
#pragma once

#include "tools/vitpose/run/estimation.h"
#include "tools/vitpose/run/work.h"

namespace vitpose::tools {

// Runs until the source is at its end. Order is kept, and memory is bounded whatever the number of pictures: bounded
// queues lie between the threads. The estimator takes what has been read meanwhile, up to a batch, and does not wait
// for more: a slow source (a camera) gets its poses at once, a quick one full batches.
// An exception of the sink ends the run and is thrown, even while the source waits for something to read. One of the
// source is thrown when all before it is written.
void run_pipeline(Source& source, const Estimation& estimation, Sink& sink, std::size_t batch);

}  // namespace vitpose::tools

#include "tools/vitpose/run/pipeline.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tools/vitpose/run/bounded_queue.h"

namespace vitpose::tools {

namespace {

constexpr std::size_t kMaxQueueItems = 64;
constexpr std::size_t kMaxQueueBytes = std::size_t{256} << 20;

class Pipeline {
 public:
  Pipeline(Source& source, const Estimation& estimation, Sink& sink, std::size_t batch)
      : source_(source),
        estimation_(estimation),
        sink_(sink),
        read_(std::min(2 * batch, kMaxQueueItems), kMaxQueueBytes),
        estimated_(std::min(2 * batch, kMaxQueueItems), kMaxQueueBytes) {}

  void run() {
    std::thread writer([this] { write(); });
    std::thread reader;
    const std::exception_ptr estimation_error = caught([&] {
      reader = std::thread([this] { read(); });
      estimate();
    });
    if (estimation_error) stop();
    estimated_.finish();
    if (reader.joinable()) reader.join();
    writer.join();
    for (const std::exception_ptr& error : {sink_error_, estimation_error, source_error_}) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  template <class Action>
  static std::exception_ptr caught(const Action& action) {
    try {
      action();
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }

  static bool push(BoundedQueue<Work>& queue, Work work) {
    const std::size_t bytes = work.pixel_bytes();
    return queue.push(std::move(work), bytes);
  }

  void read() {
    source_error_ = caught([this] {
      while (std::optional<Work> work = source_.next()) {
        if (!push(read_, std::move(*work))) return;
      }
    });
    read_.finish();
  }

  void estimate() {
    while (std::optional<Work> first = read_.pop()) {
      std::vector<Work> group;
      group.push_back(std::move(*first));
      while (!estimation_.is_full(group)) {
        std::optional<Work> more = read_.try_pop();
        if (!more) break;
        group.push_back(std::move(*more));
      }
      estimation_.estimate(group);
      for (Work& work : group) {
        if (!push(estimated_, std::move(work))) return;
      }
    }
  }

  void write() {
    sink_error_ = caught([this] {
      while (std::optional<Work> work = estimated_.pop()) sink_.take(std::move(*work));
      if (!estimated_.cancelled()) sink_.finish();
    });
    if (sink_error_) stop();
  }

  void stop() {
    read_.cancel();
    estimated_.cancel();
    source_.stop();
  }

  Source& source_;
  const Estimation& estimation_;
  Sink& sink_;
  BoundedQueue<Work> read_;
  BoundedQueue<Work> estimated_;
  std::exception_ptr source_error_;  // each is written by one thread and read after it has ended
  std::exception_ptr sink_error_;
};

}  // namespace

void run_pipeline(Source& source, const Estimation& estimation, Sink& sink, std::size_t batch) {
  Pipeline(source, estimation, sink, batch).run();
}

}  // namespace vitpose::tools

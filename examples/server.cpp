// A pose server without the network: it answers requests from standard input, one a line, with several threads that
// share one estimator.
//
//   server MODEL [WORKERS]
//
//   request  ID PICTURE X Y WIDTH HEIGHT
//   answer   ID x,y,score x,y,score ...      or      ID error: MESSAGE
//
// Answers come as they are ready, in any order. A bad request is an answer of its own and stops nobody else.
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
#include <vitpose/vitpose.hpp>

namespace {

// Requests on their way from the reader to the workers. It holds so many and no more: when the workers are behind,
// the reader waits, and memory stays what it is.
class Queue {
 public:
  void push(std::string request) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return requests_.size() < kCapacity; });
    requests_.push_back(std::move(request));
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Nothing once the queue is closed and empty.
  std::optional<std::string> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !requests_.empty(); });
    if (requests_.empty()) return std::nullopt;
    std::string request = std::move(requests_.front());
    requests_.pop_front();
    changed_.notify_all();
    return request;
  }

 private:
  static constexpr std::size_t kCapacity = 64;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> requests_;
  bool closed_ = false;
};

std::string answer(const vitpose::PoseEstimator& estimator, const std::string& request) {
  std::istringstream fields(request);
  std::string id;
  std::string path;
  vitpose::Box box;
  fields >> id;
  if (!(fields >> path >> box.x >> box.y >> box.width >> box.height)) {
    return id + " error: expected ID PICTURE X Y WIDTH HEIGHT";
  }
  try {
    const auto picture = vitpose::Picture::read(path);
    const auto poses = estimator.estimate(picture.image(), {box}, {.experts = {0}});
    std::ostringstream text;
    text << id;
    for (std::size_t i = 0; i < poses[0].keypoints.size(); ++i) {
      text << ' ' << poses[0].keypoints[i].x << ',' << poses[0].keypoints[i].y << ',' << poses[0].scores[i];
    }
    return text.str();
  } catch (const vitpose::Error& error) {
    return id + " error: " + error.what();
  }
}

void serve(const vitpose::PoseEstimator& estimator, unsigned workers) {
  Queue queue;
  std::mutex output;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < workers; ++i) {
    threads.emplace_back([&] {
      while (const auto request = queue.pop()) {
        const std::string line = answer(estimator, *request) + "\n";
        const std::lock_guard lock(output);
        std::cout << line << std::flush;
      }
    });
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (!line.empty()) queue.push(std::move(line));
  }
  queue.close();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s MODEL [WORKERS]\n", argv[0]);
    return 2;
  }
  const unsigned workers = argc == 3 ? static_cast<unsigned>(std::stoul(argv[2])) : std::thread::hardware_concurrency();
  // One thread for each request: that answers the most requests a second. With few requests at a time, more threads
  // each would answer them sooner.
  serve(vitpose::PoseEstimator::load(argv[1], {.threads = 1}), workers > 0 ? workers : 1);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

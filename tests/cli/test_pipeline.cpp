// The bounded queue between the threads of `vitpose run`.
#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <thread>

#include "tools/vitpose/run/bounded_queue.h"

using vitpose::tools::BoundedQueue;

namespace {

void give_time() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

// Ends with the test's time limit if it never gets there.
void wait_for(const std::atomic<int>& count, int value) {
  while (count < value) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a queue gives items in order, and nothing after its producer has finished") {
  BoundedQueue<int> queue(10, 100);
  for (int i = 0; i < 3; ++i) CHECK(queue.push(i, 1));
  queue.finish();
  for (int i = 0; i < 3; ++i) CHECK(queue.pop() == i);
  CHECK_FALSE(queue.pop().has_value());
  CHECK_FALSE(queue.try_pop().has_value());
}

TEST_CASE("a full queue makes its producer wait, for items and for bytes") {
  for (const auto& [max_items, max_bytes] : {std::pair<std::size_t, std::size_t>{2, 100}, {100, 20}}) {
    BoundedQueue<int> queue(max_items, max_bytes);
    std::atomic<int> pushed{0};
    std::thread producer([&] {
      for (int i = 0; i < 5; ++i) {
        queue.push(i, 10);
        ++pushed;
      }
    });
    wait_for(pushed, 2);
    give_time();
    CHECK(pushed == 2);
    CHECK(queue.pop() == 0);
    wait_for(pushed, 3);
    give_time();
    CHECK(pushed == 3);
    for (int i = 1; i < 5; ++i) CHECK(queue.pop() == i);
    producer.join();
  }
}

TEST_CASE("an item larger than the queue passes through it alone") {
  BoundedQueue<int> queue(10, 100);
  CHECK(queue.push(1, 1000));
  std::atomic<bool> pushed{false};
  std::thread producer([&] {
    queue.push(2, 1);
    pushed = true;
  });
  give_time();
  CHECK_FALSE(pushed);
  CHECK(queue.pop() == 1);
  producer.join();
  CHECK(queue.pop() == 2);
}

TEST_CASE("a cancelled queue lets both sides go") {
  BoundedQueue<int> full(1, 100);
  CHECK(full.push(1, 1));
  std::thread producer([&] { CHECK_FALSE(full.push(2, 1)); });
  BoundedQueue<int> empty(1, 100);
  std::thread consumer([&] { CHECK_FALSE(empty.pop().has_value()); });
  give_time();
  full.cancel();
  empty.cancel();
  producer.join();
  consumer.join();
  CHECK_FALSE(full.pop().has_value());
}

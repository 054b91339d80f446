#include <cstdint>
#include <doctest/doctest.h>

#include "core/error.h"
#include "core/workspace.h"
#include "tests/support/allocation_counter.h"

using namespace vitpose::engine;

TEST_CASE("a workspace hands out aligned memory that does not overlap") {
  Workspace workspace;
  auto* first = workspace.take<float>(5);
  auto* second = workspace.take<float>(5);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(second) % 64 == 0);
  CHECK(second >= first + 5);
}

TEST_CASE("what a scope took is free again when it ends") {
  Workspace workspace;
  float* inner = nullptr;
  {
    const Workspace::Scope scope(workspace);
    inner = workspace.take<float>(100);
  }
  CHECK(workspace.take<float>(100) == inner);
}

TEST_CASE("after a reset the same requests fit into one block and nothing is allocated") {
  Workspace workspace;
  const auto use = [&] {
    const Workspace::Scope scope(workspace);
    workspace.take<float>(1 << 20);
    const Workspace::Scope nested(workspace);
    workspace.take<float>(3 << 20);
    workspace.take<std::uint8_t>(17);
  };
  use();
  workspace.reset();
  const std::size_t capacity = workspace.capacity_bytes();
  const long before = testing::allocations();
  for (int i = 0; i < 3; ++i) {
    use();
    workspace.reset();
  }
  CHECK(testing::allocations() == before);
  CHECK(workspace.capacity_bytes() == capacity);
}

TEST_CASE("a reset makes room for what is asked, and keeps it") {
  Workspace workspace;
  workspace.reset(3 << 20);
  CHECK(workspace.capacity_bytes() == 3 << 20);
  const long before = testing::allocations();
  {
    const Workspace::Scope scope(workspace);
    workspace.take<float>(700'000);
  }
  workspace.reset(1 << 20);
  CHECK(workspace.capacity_bytes() == 3 << 20);
  CHECK(testing::allocations() == before);
}

TEST_CASE("memory taken before a block ran out stays valid") {
  Workspace workspace;
  auto* early = workspace.take<std::int32_t>(1000);
  for (int i = 0; i < 1000; ++i) early[i] = i;
  auto* late = workspace.take<std::int32_t>(4 << 20);
  late[0] = -1;
  late[(4 << 20) - 1] = -1;
  for (int i = 0; i < 1000; ++i) REQUIRE(early[i] == i);
}

TEST_CASE("a reset without memory for one large block leaves a workspace that works") {
  constexpr Index kBlock = Index{1} << 20;
  Workspace workspace;
  for (int i = 0; i < 3; ++i) workspace.take<std::uint8_t>(kBlock);
  {
    const testing::RefusedAbove half(static_cast<std::size_t>(kBlock));
    static_assert(noexcept(workspace.reset()));  // the end of a call runs it in a destructor
    workspace.reset();
    CHECK(workspace.capacity_bytes() == 0);
    for (int i = 0; i < 3; ++i) workspace.take<std::uint8_t>(kBlock)[kBlock - 1] = 1;
    workspace.reset();
    try {
      workspace.take<std::uint8_t>(2 * kBlock);
      FAIL("expected an error");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kOutOfMemory);
    }
  }
  workspace.take<std::uint8_t>(2 * kBlock)[2 * kBlock - 1] = 1;
}

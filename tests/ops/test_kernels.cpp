// Which kernels and backends there are, and how one is chosen.
#include <cstdlib>
#include <doctest/doctest.h>

#include "core/error.h"
#include "ops/backend.h"
#include "ops/kernels.h"

using namespace vitpose::engine;

namespace {

ErrorCode refusal(std::string_view backend, std::string_view isa, std::string& message) {
  try {
    make_backend({.backend = backend, .isa = isa}, std::make_shared<ThreadPool>(1));
  } catch (const Error& error) {
    message = error.what();
    return error.code();
  }
  FAIL("expected an error");
  return ErrorCode::kInternal;
}

// VITPOSE_ISA for the length of a scope.
class IsaVariable {
 public:
  explicit IsaVariable(const char* value) { setenv("VITPOSE_ISA", value, 1); }
  ~IsaVariable() { unsetenv("VITPOSE_ISA"); }
  IsaVariable(const IsaVariable&) = delete;
  IsaVariable& operator=(const IsaVariable&) = delete;
};

}  // namespace

TEST_CASE("every available table is found by its name, the best one by an empty name") {
  const auto& tables = available_kernel_tables();
  REQUIRE(!tables.empty());
  CHECK(std::string(tables.back()->name) == "scalar");
  CHECK(&find_kernel_table("") == tables.front());
  for (const KernelTable* table : tables) CHECK(&find_kernel_table(table->name) == table);
}

TEST_CASE("a table has every kernel") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    CHECK((table->gemm != nullptr));
    CHECK((table->attention != nullptr));
    CHECK((table->layer_norm != nullptr));
    CHECK((table->gelu != nullptr));
    CHECK((table->relu != nullptr));
    CHECK((table->add_row != nullptr));
    CHECK((table->upsampled_convolution != nullptr));
  }
}

TEST_CASE("an instruction set that does not exist is an invalid argument, and the message names those that do") {
  std::string message;
  CHECK(refusal("native", "sse9", message) == ErrorCode::kInvalidArgument);
  CHECK(message.find("sse9") != std::string::npos);
  CHECK(message.find("scalar") != std::string::npos);
}

TEST_CASE("an instruction set that this CPU lacks is refused, never replaced") {
  for (const char* name : {"avx512", "avx2", "neon"}) {
    bool available = false;
    for (const KernelTable* table : available_kernel_tables())
      available = available || std::string(table->name) == name;
    if (available) continue;
    std::string message;
    CHECK(refusal("native", name, message) == ErrorCode::kUnsupported);
    CHECK(message.find(name) != std::string::npos);
  }
}

TEST_CASE("backends are made by name; an unknown one is an error naming the others") {
  const auto pool = std::make_shared<ThreadPool>(1);
  CHECK(make_backend({.backend = "reference", .isa = ""}, pool)->name() == "reference");
  CHECK(make_backend({.backend = "native", .isa = "scalar"}, pool)->name() == "native/scalar");
  CHECK(make_backend({.backend = "", .isa = ""}, pool)->name() ==
        std::string("native/") + available_kernel_tables().front()->name);
  CHECK(available_backends().front() == "native");
  std::string message;
  CHECK(refusal("tensorrt", "", message) == ErrorCode::kInvalidArgument);
  CHECK(message.find("tensorrt") != std::string::npos);
  CHECK(message.find("reference") != std::string::npos);
  CHECK(refusal("reference", "scalar", message) == ErrorCode::kInvalidArgument);
}

TEST_CASE("VITPOSE_ISA chooses the table unless an instruction set is asked for") {
  const auto pool = std::make_shared<ThreadPool>(1);
  const IsaVariable variable("scalar");
  CHECK(make_backend({.backend = "native", .isa = ""}, pool)->name() == "native/scalar");
  const KernelTable& best = *available_kernel_tables().front();
  CHECK(make_backend({.backend = "native", .isa = best.name}, pool)->name() == std::string("native/") + best.name);
  CHECK(make_backend({.backend = "reference", .isa = ""}, pool)->name() == "reference");
}

TEST_CASE("a wrong VITPOSE_ISA is an error that names the variable") {
  const IsaVariable variable("fastest");
  std::string message;
  CHECK(refusal("native", "", message) == ErrorCode::kInvalidArgument);
  CHECK(message.find("VITPOSE_ISA: unknown instruction set 'fastest'") != std::string::npos);
}

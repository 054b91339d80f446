#include <cmath>
#include <limits>

#include "io/npy.h"
#include "tests/cli/cli_support.h"

using namespace vitpose::test;
namespace engine = vitpose::engine;

namespace {

template <class Number>
std::string store(const TemporaryFolder& folder, const std::string& name, const std::vector<Number>& values,
                  const engine::Shape& shape) {
  engine::write_npy(folder / name, engine::DTypeOf<Number>::value, shape, values.data());
  return folder / name;
}

}  // namespace

TEST_CASE("equal files compare with exit code 0") {
  const TemporaryFolder folder;
  const float nan = std::nanf("");
  const float inf = std::numeric_limits<float>::infinity();
  const std::string a = store<float>(folder, "a.npy", {0.0f, 1.5f, nan, inf, -inf, 1e-40f}, {2, 3});
  const std::string b = store<float>(folder, "b.npy", {-0.0f, 1.5f, nan, inf, -inf, 1e-40f}, {2, 3});
  const std::string report = succeed({"compare", a, b});
  CHECK(report.find("f32 [2,3], 6 values, 0 different") == 0);
  CHECK(report.find("max |d|  0\n") != std::string::npos);
  CHECK(report.find("0 ULP  5") != std::string::npos);
}

TEST_CASE("the largest difference, its place and the distances in units in the last place are reported") {
  const TemporaryFolder folder;
  const float next = std::nextafter(1.0f, 2.0f);
  const std::string a = store<float>(folder, "a.npy", {1.0f, 1.0f, 2.0f, -1e-45f}, {2, 2});
  const std::string b = store<float>(folder, "b.npy", {1.0f, next, 2.25f, 1e-45f}, {2, 2});
  const Finished finished = vitpose::test::vitpose({"compare", a, b});
  CHECK(finished.exit_code == 1);
  CHECK(finished.err == "vitpose: max |d| 0.25 is above --atol 0\n");
  CHECK(finished.out.find("4 values, 3 different") != std::string::npos);
  CHECK(finished.out.find("max |d|  0.25 at [1,0]") != std::string::npos);
  CHECK(finished.out.find(" 0 ULP  1\n") != std::string::npos);
  CHECK(finished.out.find(" 1 ULP  1\n") != std::string::npos);
  CHECK(finished.out.find(" 2 ULP  1\n") != std::string::npos);  // across zero
  CHECK(finished.out.find("524289-1048576 ULP  1\n") != std::string::npos);
  succeed({"compare", a, b, "--atol", "0.25"});
  CHECK(vitpose::test::vitpose({"compare", a, b, "--atol", "0.2499"}).exit_code == 1);
}

TEST_CASE("a NaN or an infinity in one file only is never within the tolerance") {
  const TemporaryFolder folder;
  const std::string number = store<float>(folder, "a.npy", {1.0f}, {1});
  const std::string nan = store<float>(folder, "b.npy", {std::nanf("")}, {1});
  const std::string inf = store<float>(folder, "c.npy", {std::numeric_limits<float>::infinity()}, {1});
  CHECK(vitpose::test::vitpose({"compare", number, nan, "--atol", "1e30"}).exit_code == 1);
  CHECK(vitpose::test::vitpose({"compare", number, inf, "--atol", "1e30"}).exit_code == 1);
}

TEST_CASE("other element types compare too") {
  const TemporaryFolder folder;
  const std::string a = store<std::int64_t>(folder, "a.npy", {1, 2, 3}, {3});
  const std::string b = store<std::int64_t>(folder, "b.npy", {1, 2, 5}, {3});
  CHECK(succeed({"compare", a, b, "--atol", "2"}).find("max |d|  2 at [2]") != std::string::npos);
  constexpr std::int64_t huge = std::int64_t{1} << 60;  // a double does not tell it from its successor
  const std::string e = store<std::int64_t>(folder, "e.npy", {huge, -huge}, {2});
  const std::string f = store<std::int64_t>(folder, "f.npy", {huge + 1, -huge}, {2});
  CHECK(succeed({"compare", e, f, "--atol", "1"}).find("max |d|  1 at [0]") != std::string::npos);
  CHECK(vitpose::test::vitpose({"compare", e, f}).exit_code == 1);
  const std::string c = store<double>(folder, "c.npy", {0.1}, {1});
  const std::string d = store<double>(folder, "d.npy", {std::nextafter(0.1, 1.0)}, {1});
  CHECK(succeed({"compare", c, d, "--atol", "1"}).find(" 1 ULP  1\n") != std::string::npos);
}

TEST_CASE("files of another shape or type do not compare") {
  const TemporaryFolder folder;
  const std::string a = store<float>(folder, "a.npy", {1, 2, 3, 4}, {2, 2});
  const std::string flat = store<float>(folder, "b.npy", {1, 2, 3, 4}, {4});
  const std::string wide = store<double>(folder, "c.npy", {1, 2, 3, 4}, {2, 2});
  check_fails(1, {"compare", a, flat}, {"b.npy", "[2,2]", "[4]"});
  check_fails(1, {"compare", a, wide}, {"c.npy", "f32", "f64"});
  check_fails(1, {"compare", a, folder / "nowhere.npy"}, {"nowhere.npy"});
}

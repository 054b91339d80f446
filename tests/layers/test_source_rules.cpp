// The rules of docs/architecture.md that can be read off the sources.
#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Line {
  std::string file;  // path from the repository's root
  int number = 0;
  std::string text;
};

struct Include {
  Line line;
  bool quoted = false;
  std::string header;
};

const std::vector<std::string> kFolders{"core",    "io",    "ops",   "model", "draw",
                                        "include", "tools", "tests", "bench", "examples"};

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".hpp" || extension == ".cpp" || extension == ".c";
}

std::vector<Line> read_sources() {
  const fs::path root = VITPOSE_SOURCE_DIR;
  std::vector<Line> lines;
  for (const std::string& folder : kFolders) {
    if (!fs::exists(root / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      const std::string file = fs::relative(entry.path(), root).generic_string();
      std::ifstream stream(entry.path());
      std::string text;
      for (int number = 1; std::getline(stream, text); ++number) lines.push_back({file, number, text});
    }
  }
  return lines;
}

const std::vector<Line>& sources() {
  static const std::vector<Line> lines = read_sources();
  return lines;
}

std::vector<Include> includes() {
  static const std::regex pattern(R"(^\s*#\s*include\s*(["<])([^">]+)[">].*)");
  std::vector<Include> found;
  for (const Line& line : sources()) {
    std::smatch match;
    if (line.text.find("include") == std::string::npos || !std::regex_match(line.text, match, pattern)) continue;
    found.push_back({line, match[1] == "\"", match[2]});
  }
  return found;
}

bool matches(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
}

std::string describe(const Include& include) {
  return include.line.file + ":" + std::to_string(include.line.number) + " includes " + include.header;
}

struct Arrow {
  const char* from;     // files
  const char* targets;  // quoted includes they may have
};

// Read from the top; the first entry that matches a file decides. Whoever uses the library sees its public headers:
// examples, and the commands of the command line that estimate poses, which proves that these headers suffice.
const std::vector<Arrow> kArrows{
    {"core/.*", "core/.*"},
    {"io/.*", "(core|io)/.*"},
    {"ops/.*", "(core|ops)/.*"},
    {"draw/.*", R"(core/.*|draw/.*|model/(keypoint_sets|image_view)\.h)"},
    {"model/c_api.*", "(core|io|ops|model|draw|vitpose)/.*"},
    {"model/.*", "(core|io|ops|model)/.*"},
    {"include/.*", R"(vitpose/[a-z]+\.h(pp)?)"},
    {"examples/.*|tests/consumers/.*", "vitpose/.*"},
    {"tools/vitpose/(run|preprocess|forward|decode)_command\\.cpp", "(vitpose|tools)/.*"},
    {"tools/demo_model/.*", "[a-z_0-9]+\\.h"},  // training, no part of the product
    {"tools/.*", "(core|io|ops|model|tools|vitpose)/.*"},
    {"tests/.*", "(core|io|ops|model|draw|tools|tests|vitpose)/.*"},
    {"bench/.*", "(core|io|ops|model|bench|tools/peak|vitpose)/.*"},
};

struct ForeignHeader {
  const char* header;
  const char* places;  // files that may include it
};

const std::vector<ForeignHeader> kForeignHeaders{
    {"(unsupported/)?Eigen/.*", "ops/eigen/.*|bench/.*"},
    {"dnnl.*|oneapi/.*", "ops/onednn/.*|bench/.*"},
    {"jpeglib\\.h|jerror\\.h|stb/.*", "io/image.*|tools/.*|tests/.*"},
    {"nlohmann/.*", "io/json.*|tools/.*|tests/.*"},
    {"CLI/.*", "tools/.*"},
    {"doctest/.*", "tests/.*"},
    {"benchmark/.*", "bench/.*"},
    {"xmmintrin\\.h", "core/float_environment\\.cpp|tests/support/float_mode\\.h"},  // MXCSR; every x86-64 CPU has it
    {".*intrin\\.h|arm_neon\\.h", "core/simd/.*|.*_(avx2|avx512(_[a-z0-9]+)?|amx)\\.(cpp|h)"},
    {"vitpose/vitpose\\.(h|hpp)", "examples/.*|tests/.*|tools/.*"},
    // the language and the operating system
    {"[a-z_0-9]+", ".*"},
    {"(std(def|int|io|lib|bool|arg)|string|math|errno|limits|float|assert|ctype|time)\\.h", ".*"},
    {"(unistd|fcntl|sched|pthread|dlfcn|signal|glob|poll|cpuid|setjmp|spawn)\\.h|(sys|linux)/[a-z_]+\\.h", ".*"},
};

bool has_isa_suffix(const std::string& file) {
  return matches(file, R"(.*_(avx2|avx2_vnni|avx512|avx512_vnni|avx512_bf16|avx512_fp16|amx|neon)\.(cpp|h))");
}

}  // namespace

TEST_CASE("layers include each other only along the arrows") {
  int checked = 0;
  for (const Include& include : includes()) {
    if (!include.quoted) continue;
    const auto arrow = std::find_if(kArrows.begin(), kArrows.end(),
                                    [&](const Arrow& candidate) { return matches(include.line.file, candidate.from); });
    INFO(describe(include));
    REQUIRE(arrow != kArrows.end());
    CHECK(matches(include.header, arrow->targets));
    ++checked;
  }
  CHECK(checked > 50);  // else the test looked at the wrong folder
}

TEST_CASE("headers of other libraries and intrinsics appear only in the files that wrap them") {
  for (const Include& include : includes()) {
    if (include.quoted) continue;
    const auto rule = std::find_if(kForeignHeaders.begin(), kForeignHeaders.end(),
                                   [&](const ForeignHeader& known) { return matches(include.header, known.header); });
    INFO(describe(include));
    REQUIRE(rule != kForeignHeaders.end());  // a header nobody decided about
    CHECK(matches(include.line.file, rule->places));
  }
}

TEST_CASE("intrinsics are called only in files whose names say for which processors") {
  const std::regex call(R"(\b(_mm[0-9]*|_tile)_([a-z0-9_]+)\()");
  int checked = 0;
  for (const Line& line : sources()) {
    std::smatch match;
    if (!std::regex_search(line.text, match, call)) continue;
    INFO(line.file << ":" << line.number);
    const bool for_every_x86_64 = matches(match[2], "[gs]etcsr|pause");
    CHECK((for_every_x86_64 || has_isa_suffix(line.file) || matches(line.file, "core/simd/.*")));
    ++checked;
  }
  CHECK(checked > 50);
}

TEST_CASE("files compiled for an instruction set include only our own headers") {
  for (const Include& include : includes()) {
    if (!has_isa_suffix(include.line.file) || matches(include.line.file, "(tests|tools)/.*")) continue;
    INFO(describe(include));
    CHECK((include.quoted || matches(include.header, "immintrin\\.h|arm_neon\\.h")));
  }
}

TEST_CASE("public headers include only the standard library and each other") {
  int checked = 0;
  for (const Include& include : includes()) {
    if (include.line.file.rfind("include/", 0) != 0) continue;
    INFO(describe(include));
    CHECK((include.quoted || matches(include.header, "[a-z_]+|std(def|int|io|lib|bool)\\.h")));
    ++checked;
  }
  CHECK(checked >= 2);
}

TEST_CASE("a source file has at most 300 lines of at most 120 characters and no markers for later") {
  const std::regex marker(
      "\\b(TO"
      "DO|FIX"
      "ME)\\b");
  for (const Line& line : sources()) {
    INFO(line.file << ":" << line.number);
    CHECK(line.number != 301);
    CHECK(line.text.size() <= 120);
    CHECK_FALSE(std::regex_search(line.text, marker));
  }
}

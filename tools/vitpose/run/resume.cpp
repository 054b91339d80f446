#include "tools/vitpose/run/resume.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/error.h"
#include "io/json.h"
#include "io/output_file.h"

namespace vitpose::tools {

namespace {

// The path as it reads back from a line of results: JSON has replacement characters for what is no UTF-8.
std::string as_written(const std::string& path) {
  return engine::Json::parse(engine::json_quote(path), path).as_string();
}

}  // namespace

Finished keep_finished_lines(const std::string& file) {
  Finished finished;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return finished;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) engine::fail(engine::ErrorCode::kIo, "cannot read '", file, "'");
  engine::OutputFile kept(file);
  bool changed = false;
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    const bool cut = stream.eof();  // getline met the end before a newline
    if (!cut) {
      const engine::Json result = engine::Json::parse(line, file + ":" + std::to_string(number));
      const std::string& path = result.at("path").as_string();
      if (result.find("error") == nullptr) {
        result.at("poses").as_array();
        ++finished[path];
        kept.write(line + "\n");
        continue;
      }
    }
    changed = true;
  }
  if (stream.bad()) engine::fail(engine::ErrorCode::kIo, "cannot read '", file, "'");
  if (changed) kept.commit();
  return finished;
}

std::vector<bool> finished_among(const std::vector<std::string>& paths, Finished finished) {
  std::vector<bool> done(paths.size(), false);
  std::unordered_map<std::string, const std::string*> original;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string written = as_written(paths[i]);
    const std::string& first = *original.emplace(written, &paths[i]).first->second;
    if (first != paths[i]) {
      engine::fail(engine::ErrorCode::kInvalidArgument, "--resume: expected names that differ in UTF-8, found '", first,
                   "' and '", paths[i], "', which are both '", written, "' in the output");
    }
    const auto found = finished.find(written);
    if (found == finished.end() || found->second == 0) continue;
    --found->second;
    done[i] = true;
  }
  return done;
}

}  // namespace vitpose::tools

#include "tools/vitpose/run/resume.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/error.h"
#include "io/json.h"
#include "io/output_file.h"

namespace vitpose::tools {

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
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto found = finished.find(paths[i]);
    if (found == finished.end() || found->second == 0) continue;
    --found->second;
    done[i] = true;
  }
  return done;
}

}  // namespace vitpose::tools

// A file that grows line by line: each is with the operating system as soon as it has been written, so that what an
// interrupted run has done is there. (engine::OutputFile is for files that appear complete or not at all.)
#pragma once

#include <string>
#include <utility>

namespace vitpose::tools {

class LineFile {
 public:
  enum class Existing { kReplace, kAppend };

  // Nothing is opened before the first line, so that a run which fails before leaves an existing file as it was.
  LineFile(std::string path, Existing existing) : path_(std::move(path)), existing_(existing) {}
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // `line` without its newline. Error kIo.
  void write(std::string line);
  // Without any line: an empty file. Error kIo.
  void finish();

 private:
  void open();

  std::string path_;
  Existing existing_;
  int fd_ = -1;
};

}  // namespace vitpose::tools

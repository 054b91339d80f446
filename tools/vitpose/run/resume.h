// --resume: what an earlier run has left in its file of JSON Lines.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace vitpose::tools {

// How often each picture is done, by path.
using Finished = std::unordered_map<std::string, std::size_t>;

// Reads the file's lines and takes from the file what has to be done again: pictures that failed, and a last line that
// was cut when the run was killed. The file is replaced at once, so being killed here loses nothing either. A file that
// does not exist has nothing finished. Error kFormat, and the file stays as it is, when a line is not of such a run.
Finished keep_finished_lines(const std::string& file);

// Which of the paths are done; a path given twice is done twice. Error kInvalidArgument when two different paths cannot
// be told apart in a file of JSON, because they differ in bytes that are no UTF-8.
std::vector<bool> finished_among(const std::vector<std::string>& paths, Finished finished);

}  // namespace vitpose::tools

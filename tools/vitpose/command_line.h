// Commands and their options. A thin layer over CLI11, whose header takes seconds to compile in every file that
// includes it; here it is included once, in command_line.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vitpose::tools {

// The command line makes no sense: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Each function returns the option, for the next one.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required();
  Option needs(Option other);
  Option excludes(Option other);
  Option type_name(const std::string& name);  // what the help says it takes
  Option show_default();                      // in the help, as it is now
  Option one_value();                         // the next word is not another value of it
  Option separated_by(char delimiter);        // several values in one word

  Option range(std::int64_t low, std::int64_t high);
  Option not_negative();
  Option one_of(const std::vector<std::string>& words);
  // `complaint` gives "" when a word will do, else what was expected and what was found.
  Option check(const std::function<std::string(const std::string& word)>& complaint);

 private:
  CLI::Option* option_;
};

// A command, or the program whose subcommands they are.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add_subcommand(const std::string& name, const std::string& help);

  // Names as "-o,--output"; one without dashes is told by its place. The value must live as long as the command line.
  Option add_option(const std::string& name, std::string& value, const std::string& help);
  Option add_option(const std::string& name, int& value, const std::string& help);
  Option add_option(const std::string& name, std::int64_t& value, const std::string& help);
  Option add_option(const std::string& name, double& value, const std::string& help);
  Option add_option(const std::string& name, std::optional<int>& value, const std::string& help);
  Option add_option(const std::string& name, std::optional<std::int64_t>& value, const std::string& help);
  Option add_option(const std::string& name, std::optional<double>& value, const std::string& help);
  Option add_option(const std::string& name, std::vector<std::string>& value, const std::string& help);
  Option add_option(const std::string& name, std::vector<std::int64_t>& value, const std::string& help);
  Option add_flag(const std::string& name, bool& value, const std::string& help);

  // What the command does, once everything has been read.
  void callback(const std::function<void()>& action);

 private:
  CLI::App* app_;
};

class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& description, const std::string& version);
  ~CommandLine();

  Command program() { return Command(app_.get()); }
  // Runs the command that is named, or prints the help or the version. UsageError; what a command throws.
  void run(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace vitpose::tools

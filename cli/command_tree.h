// The command line as a value: what completion scripts and the manual page are made from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace assay::cli {

struct OptionShape {
  std::vector<std::string> names;  // "--out", "-o"; empty = a positional
  std::string help;
  std::string value;               // what stands for its value: "FILE"; empty = a flag
  std::vector<std::string> words;  // the only values it takes; empty = any
};

struct CommandShape {
  std::string path;  // "report merge"; empty = the program itself
  std::string help, footer;
  std::vector<OptionShape> options, positionals;
  std::vector<CommandShape> below;
};

// Hidden commands and options are left out.
CommandShape command_tree(const CLI::App& app);
// The tree as a list, the program itself first.
std::vector<const CommandShape*> all_commands(const CommandShape& root);

std::string bash_completion(const CommandShape& root);
std::string zsh_completion(const CommandShape& root);
std::string fish_completion(const CommandShape& root);
// The page assay(1) in roff.
std::string manual_page(const CommandShape& root, const std::string& version);

}  // namespace assay::cli

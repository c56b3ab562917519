// What options of verbs share: one value each, words of a list, examples in --help, and what is wrong with a
// command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace assay::cli {

// An option that takes one value each time it is given; what follows the value is not its own.
CLI::Option* add_values(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                        const std::string& help, const std::string& type);

// One of `words`; anything else is told with the nearest of them.
CLI::Validator one_of(std::vector<std::string> words);

// Gives each verb of `app` an example, which its --help ends with (examples.cpp). Call it when all are added.
void show_examples(CLI::App& app);

// What is wrong with `words` (a command line without the name of the program), as one line: an unknown
// command or option with the nearest known one. `error` is what the parser says.
std::string explain_usage(const CLI::App& app, const std::vector<std::string>& words,
                          const CLI::ParseError& error);

}  // namespace assay::cli

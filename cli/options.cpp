#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/strict.h"
#include "harness/base/text.h"

namespace assay::cli {

CLI::Option* add_values(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                        const std::string& help, const std::string& type) {
  return verb.add_option(name, values, help)
      ->type_name(type)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Validator one_of(std::vector<std::string> words) {
  std::string shown = fmt::format("{{{}}}", fmt::join(words, ","));
  return CLI::Validator(
      [words = std::move(words)](std::string& word) {
        if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
        return unknown_word("value", word, words);
      },
      std::move(shown));
}

namespace {

std::string with_nearest(const std::string& what, const std::string& word,
                         const std::vector<std::string>& known, const std::string& help) {
  const std::string near = nearest(word, known);
  return fmt::format("unknown {} '{}'{}; `{} --help` shows them all", what, word,
                     near.empty() ? "" : ", did you mean '" + near + "'?", help);
}

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> out;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
    for (const std::string& name : option->get_snames()) out.push_back("-" + name);
  }
  return out;
}

}  // namespace

std::string explain_usage(const CLI::App& app, const std::vector<std::string>& words,
                          const CLI::ParseError& error) {
  const CLI::App* verb = &app;
  std::string called = app.get_name();
  for (const std::string& word : words) {
    if (word == "--") break;
    const std::string name = word.substr(0, word.find('='));
    if (word.size() > 1 && word.front() == '-') {
      const auto known = option_names(*verb);
      const bool is_known =
          std::find(known.begin(), known.end(), name) != known.end() ||
          (name[1] != '-' && std::find(known.begin(), known.end(), name.substr(0, 2)) != known.end());
      if (!is_known && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
        return called + ": " + with_nearest("option", name, known, called);
      continue;
    }
    const auto verbs = verb->get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
    if (verbs.empty()) continue;
    const auto chosen = std::find_if(verbs.begin(), verbs.end(),
                                     [&](const CLI::App* one) { return one->get_name() == word; });
    if (chosen != verbs.end()) {
      verb = *chosen;
      called += " " + word;
      continue;
    }
    std::vector<std::string> known;
    for (const CLI::App* one : verbs) known.push_back(one->get_name());
    return called + ": " + with_nearest("command", word, known, called);
  }
  std::string text = error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return called + ": " + text + "; `" + called + " --help` shows what it takes";
}

}  // namespace assay::cli

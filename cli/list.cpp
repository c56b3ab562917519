// assay list: what there is to run, to inject and to attach.
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "cli/case_choice.h"
#include "cli/client_choice.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/applies.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/requirements.h"
#include "harness/base/text.h"
#include "harness/wire/fault.h"

namespace assay::cli {
namespace {

using namespace conformance;

struct ListArguments {
  std::vector<std::string> words;
  std::string client;
  std::vector<std::string> adapter;
  std::vector<std::string> own_cases;
  bool freeze = false;
};

// In which protocols besides the first a case is asked of the client.
std::string other_protocols(const Case& one, const ClientSpec& client) {
  std::vector<std::string> others;
  for (const ProtocolPlay& play : plays_of(one, client, false))
    if (play.other) others.push_back("@" + play.protocol);
  return others.empty() ? "" : fmt::format("; also {}", fmt::join(others, " "));
}

void print_cases(const std::vector<Case>& cases, const ClientSpec& client = {}) {
  std::string suite;
  std::size_t width = 0;
  for (const Case& one : cases) width = std::max(width, one.id.size());
  for (const Case& one : cases) {
    if (one.suite != suite) fmt::print("{}{}\n", suite.empty() ? "" : "\n", one.suite);
    suite = one.suite;
    fmt::print("  {:<{}}  {:<6}  {}\n", one.id, width, to_string(level_for(one, client.kind)), one.title);
    fmt::print("  {:<{}}          met: {}{}{}{}\n", "", width, to_string(one.met),
               one.free_needs.empty() ? "" : "; needs: ", fmt::join(one.free_needs, ", "),
               other_protocols(one, client));
  }
}

void print_counts(const std::string& title, const std::map<std::string, std::set<std::string>>& counts) {
  if (counts.empty()) return;
  std::vector<std::pair<std::string, std::size_t>> sorted;
  for (const auto& [text, ids] : counts) sorted.emplace_back(text, ids.size());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  fmt::print("\n{}\n", title);
  for (const auto& [text, number] : sorted) fmt::print("{:>6}  {}\n", number, text);
}

// Which of `cases` apply to the client, why the others do not, and what one more capability would add.
ExitCode list_for_client(const std::vector<Case>& cases, const ClientSpec& client) {
  std::string scratch = (std::filesystem::temp_directory_path() / "assay-hello-XXXXXX").string();
  if (mkdtemp(scratch.data()) == nullptr) return say({"cannot make a folder", scratch, 0});
  const auto hello = hello_of(client, scratch);
  std::error_code ignored;
  std::filesystem::remove_all(scratch, ignored);
  if (!hello) return say(hello.error(), ExitCode::incomplete);
  std::vector<Case> applying;
  std::set<std::string> asked, questions;  // by id: axes, variants and protocols of one are one question
  std::map<std::string, std::set<std::string>> reasons, added;
  for (const Case& one : cases) {
    questions.insert(one.question);
    const Fit fit = fit_of(one, client, *hello);
    if (fit.applies()) {
      applying.push_back(one);
      asked.insert(one.question);
    }
  }
  for (const Case& one : cases) {
    const Fit fit = fit_of(one, client, *hello);
    if (fit.applies() || asked.contains(one.question)) continue;
    if (fit.missing.empty()) {
      reasons[fit.other].insert(one.question);
    } else {
      reasons[fmt::format("needs {}", fmt::join(fit.missing, " and "))].insert(one.question);
      if (fit.missing.size() == 1) added[fit.missing.front()].insert(one.question);
    }
  }
  print_cases(applying, client);
  fmt::print("\n{} of {} questions apply to {} ({} of {} cases; {})\n", asked.size(), questions.size(),
             client.name, applying.size(), cases.size(), fmt::join(hello->capabilities, ", "));
  print_counts("Questions that do not apply, and why:", reasons);
  print_counts("One more capability would add:", added);
  return ExitCode::ok;
}

ExitCode list_cases(const ListArguments& arguments) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  auto words = arguments.words;
  auto known = choose_cases(*data, words, arguments.own_cases);
  if (!known) return say(known.error());
  const auto adapter =
      adapter_words(arguments.adapter, [&](const std::string& word) { return known->names(word); });
  if (!adapter) return say(adapter.error());
  if (!adapter->rest.empty()) {
    words.insert(words.end(), adapter->rest.begin(), adapter->rest.end());
    known = choose_cases(*data, words, arguments.own_cases);
    if (!known) return say(known.error());
  }
  Filter filter;
  filter.cases = known->patterns;
  const auto plan = make_plan(known->cases, {adapter_client("reference", {})}, filter, 1);
  if (!plan) return say(plan.error());
  std::vector<Case> cases;
  cases.reserve(plan->size());
  for (const PlannedCase& planned : *plan) cases.push_back(planned.one);
  if (arguments.freeze) {
    fmt::print("{}", freeze(cases));
    return ExitCode::ok;
  }
  if (!arguments.client.empty() || !adapter->argv.empty()) {
    const auto client = client_under_test(arguments.client, adapter->argv, {});
    return client ? list_for_client(cases, *client) : say(client.error());
  }
  print_cases(cases);
  fmt::print("\n{} cases\n", cases.size());
  return ExitCode::ok;
}

constexpr std::size_t kColumns = 100;

// Lines of at most `columns`, broken at blanks; none of an empty text.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> out;
  for (const std::string_view word : split(text, ' ')) {
    if (out.empty() || out.back().size() + 1 + word.size() > columns) {
      out.emplace_back(word);
    } else {
      out.back() += ' ';
      out.back() += word;
    }
  }
  if (text.empty()) out.clear();
  return out;
}

ExitCode list_faults() {
  constexpr const char* kLevels[] = {"exchange", "script", "listener"};
  std::size_t width = 0;
  for (const wire::Fault& fault : wire::all_faults()) width = std::max(width, fault.name.size());
  for (int level = 0; level < 3; ++level) {
    fmt::print("{}Faults of the {}:\n", level == 0 ? "" : "\n", kLevels[level]);
    for (const wire::Fault& fault : wire::all_faults()) {
      if (static_cast<int>(fault.level) != level) continue;
      std::string name(fault.name);
      for (const std::string& line :
           wrapped(std::string(fault.description) + (fault.lossless ? " (lossless)" : ""),
                   kColumns - width - 4)) {
        fmt::print("  {:<{}}  {}\n", name, width, line);
        name.clear();
      }
      for (const std::string& line : wrapped(fault.parameters, kColumns - width - 4))
        fmt::print("  {:<{}}  {}\n", "", width, line);
    }
  }
  return ExitCode::ok;
}

ExitCode list_mutants() {
  const auto names = mutant_names();
  if (!names) return say(names.error());
  for (const std::string& name : *names) fmt::print("{}\n", name);
  return ExitCode::ok;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ListArguments>();
  CLI::App* verb = app.add_subcommand("list", "List cases, faults or mutants");
  verb->add_option("what", arguments->words,
                   "cases (the default), with ids, suites, globs or paths of which; faults; or mutants")
      ->type_name("WHAT");
  verb->add_option("--client", arguments->client,
                   "Show which cases apply to this client, why the others do not, and what one more "
                   "capability would add")
      ->type_name("NAME");
  add_adapter_option(*verb, arguments->adapter);
  add_values(*verb, "--cases", arguments->own_cases, "Case files of your own; may be repeated", "PATH");
  verb->add_flag("--freeze", arguments->freeze,
                 "Print the cases as a frozen requirement set (conformance/requirements)");
  verb->callback([arguments, &action] {
    action = [arguments] {
      auto& words = arguments->words;
      const std::string what = words.empty() ? "cases" : words.front();
      if (words.size() == 1 && what == "faults") return list_faults();
      if (words.size() == 1 && what == "mutants") return list_mutants();
      if (what == "cases" && !words.empty()) words.erase(words.begin());
      if (const std::string near = nearest(what, {"cases", "faults", "mutants"});
          what != near && !near.empty())
        return say({unknown_word("list", what, {"cases", "faults", "mutants"}), {}, 0});
      return list_cases(*arguments);
    };
  });
}

}  // namespace assay::cli

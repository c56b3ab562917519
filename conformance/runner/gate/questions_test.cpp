// docs/questions.md: every question by what a maintainer would fix, and every known bug with the questions
// about it or with what it waits for. All of it is computed: from the case files, from docs/seen.md, from
// conformance/backtest.yaml. After a change:
//   ASSAY_WRITE_SHOWN=1 runner_test --gtest_filter='Questions*'
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/topic_of.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "reports/record/topic.h"
#include "reports/seen.h"

namespace assay::conformance {
namespace {

const std::string kSource = ASSAY_SOURCE_DIR;

struct Question {
  std::string id, title, requirement, level, topic;
  std::set<std::string> seen_in, failing;
};

std::string level_of(const Case& one) {
  std::string out(to_string(one.level));
  for (const auto& [kind, level] : one.level_of_kind) {
    const std::string by_kind = fmt::format("{} for a {}", to_string(level), kind);
    out = &level == &one.level_of_kind.begin()->second ? by_kind : out + ", " + by_kind;
  }
  return out;
}

std::vector<Question> questions_of(const std::vector<Case>& cases) {
  const auto backtest = load_yaml_file(kSource + "/conformance/backtest.yaml").value();
  std::map<std::string, std::set<std::string>> failing;  // case → versions
  for (const auto& bug : backtest.value["bugs"])
    if (bug.contains("case") && !bug.contains("not_attached"))
      failing[bug["case"].get<std::string>()].insert(
          fmt::format("{} {}", bug["package"].get<std::string>(), bug["bad"].get<std::string>()));
  std::vector<Question> out;
  for (const Case& one : cases) {
    const auto known = [&](const Question& question) { return question.id == one.question; };
    auto found = std::find_if(out.begin(), out.end(), known);
    if (found == out.end()) {
      out.push_back({one.question, one.title, one.requirement, level_of(one), one.topic, {}, {}});
      found = out.end() - 1;
    }
    found->seen_in.insert(one.seen_in.begin(), one.seen_in.end());
    if (const auto versions = failing.find(one.id); versions != failing.end())
      found->failing.insert(versions->second.begin(), versions->second.end());
  }
  return out;
}

// As a cell of a table.
std::string cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.replace(at, 1, "\\|");
  return text;
}

std::string links(const std::set<std::string>& bugs) {
  std::string out;
  for (const std::string& id : bugs)
    out += fmt::format("{}[{}](seen.md#{})", out.empty() ? "" : ", ", id, id);
  return out;
}

std::string questions_page(const std::vector<Question>& questions, const reports::SeenPage& seen) {
  std::map<std::string, std::vector<std::string>> asked;  // bug → questions
  for (const Question& one : questions)
    for (const std::string& bug : one.seen_in) asked[bug].push_back(one.id);
  const auto waiting =
      std::count_if(seen.begin(), seen.end(), [](const auto& bug) { return !bug.second.waits_for.empty(); });
  std::string out = fmt::format(
      "# Questions\n\nEvery question that `assay run` can ask a client, by what a maintainer would fix, and "
      "every "
      "known bug with the\nquestions about it. Axes, variants and protocols of a case are one question. "
      "Where a bug "
      "was reported is in\n[seen.md](seen.md); versions that are known to fail were played by `assay "
      "backtest` "
      "([backtest.md](backtest.md)).\nThis page is computed from the case files "
      "(`questions_test.cpp`).\n\n{} "
      "questions; {} known bugs, of which {} are asked and {} wait.\n",
      questions.size(), seen.size(), asked.size(), waiting);
  for (const Topic& topic : topics()) {
    const auto here = [&](const Question& one) { return one.topic == topic.name; };
    const auto count = std::count_if(questions.begin(), questions.end(), here);
    out += fmt::format(
        "\n## {} ({})\n\n| question | level | what the client must do | seen in | known to fail |\n"
        "| --- | --- | --- | --- | --- |\n",
        topic.title, count);
    for (const Question& one : questions)
      if (here(one))
        out += fmt::format("| `{}`: {} | {} | {} | {} | {} |\n", one.id, cell(one.title), one.level,
                           cell(one.requirement), links(one.seen_in), fmt::join(one.failing, ", "));
  }
  out += "\n## Known bugs\n\n| bug | what happens | asked by |\n| --- | --- | --- |\n";
  for (const auto& [id, bug] : seen) {
    const auto by = asked.find(id);
    const std::string where = by == asked.end() ? "waits for: " + bug.waits_for
                                                : fmt::format("`{}`", fmt::join(by->second, "`, `"));
    out += fmt::format("| [{}](seen.md#{}) | {} | {} |\n", id, id, cell(bug.title), where);
  }
  return out;
}

TEST(Questions, ThePageIsUpToDate) {
  const auto cases = load_cases(kSource + "/conformance/cases");
  ASSERT_TRUE(cases) << cases.error().text();
  const auto seen = reports::read_seen(read_file(kSource + "/docs/seen.md").value());
  const std::string page = questions_page(questions_of(*cases), seen);
  const std::string path = kSource + "/docs/questions.md";
  if (std::getenv("ASSAY_WRITE_SHOWN") != nullptr) {
    ASSERT_TRUE(write_file_atomically(path, page));
  }
  const auto written = read_file(path);
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_TRUE(*written == page) << path << " is not what the case files say; see the top of this file";
}

TEST(Questions, EveryOneHasATopic) {
  const auto cases = load_cases(kSource + "/conformance/cases");
  ASSERT_TRUE(cases) << cases.error().text();
  for (const Question& one : questions_of(*cases))
    EXPECT_NE(find_topic(one.topic), nullptr)
        << one.id << " is proven by a mutant of the folder '" << one.topic << "'";
}

TEST(Questions, AFolderOfMutantsIsATopic) {
  ASSERT_FALSE(mutant_folders().empty());
  for (const MutantFolder& row : mutant_folders())
    EXPECT_NE(find_topic(row.folder), nullptr) << "conformance/mutants/" << row.folder << "/" << row.mutant;
}

TEST(Questions, EveryKnownBugIsAskedOrSaysWhatItWaitsFor) {
  const auto cases = load_cases(kSource + "/conformance/cases");
  ASSERT_TRUE(cases) << cases.error().text();
  std::set<std::string> asked;
  for (const Case& one : *cases) asked.insert(one.seen_in.begin(), one.seen_in.end());
  for (const auto& [id, bug] : reports::read_seen(read_file(kSource + "/docs/seen.md").value()))
    EXPECT_NE(asked.contains(id), !bug.waits_for.empty())
        << id
        << (asked.contains(id) ? " is asked, and docs/seen.md says that it waits"
                               : " is named by no case, and docs/seen.md does not say what it waits for");
}

}  // namespace
}  // namespace assay::conformance

// assay backtest as a maintainer meets it: two client files, one with a bug, and what is said of them.
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Backtest : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    data_ = ASSAY_SOURCE_DIR;
    const std::filesystem::path program = ASSAY_PROGRAM;
    const auto mutant = program.parent_path().parent_path() / "conformance/mutants/assay-mutant";
    client("good", program.string() + ", client, adapter");
    client("bad", mutant.string() + ", drops-first-delta");
  }

  void client(const std::string& name, const std::string& argv) const {
    std::ofstream(folder_ + "/" + name + ".yaml")
        << "name: " << name << "\ntitle: A tiny client\nadapter: [" << argv << "]\n";
  }
  // A file with one bug.
  void bug(const std::string& bad, const std::string& good, const std::string& check = "text") const {
    std::ofstream(folder_ + "/bugs.yaml")
        << "bugs:\n  - name: tiny.first-letter\n    title: The first letter is lost\n    client: {bad: ./"
        << bad << ".yaml, good: ./" << good << ".yaml}\n    case: any/chat/answers\n    check: " << check
        << "\n    control: any/chat/unauthorized\n    sources: [\"https://example.test/1\"]\n";
  }
  process::Completed backtest(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"backtest", "--file", "bugs.yaml", "--out", "seen"});
    return assay(more);
  }
};

TEST_F(Backtest, ABugIsFoundWhenTheBadVersionIsRedAndTheGoodOneGreen) {
  bug("bad", "good");
  const auto done = backtest({"--times", "2"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("found             tiny.first-letter"), HasSubstr("2 of 2 rounds"),
                              HasSubstr("all        found 1 of 1")));
  EXPECT_THAT(read_file(folder_ + "/seen/backtest.md").value(),
              AllOf(HasSubstr("tiny.first-letter"), HasSubstr("any/chat/answers")));
  EXPECT_THAT(read_file(folder_ + "/seen/backtest.html").value(), HasSubstr("https://example.test/1"));
  EXPECT_EQ(assay({"report", "lint", "seen/run.jsonl"}).status.code, 0);
}

TEST_F(Backtest, WhatIsNotFoundIsSaidAndFailsTheCommand) {
  bug("good", "good");
  const auto missed = backtest();
  EXPECT_EQ(missed.status.code, 1) << missed.out << missed.err;
  EXPECT_THAT(missed.out,
              AllOf(HasSubstr("missed            tiny.first-letter"), HasSubstr("both versions pass")));
  bug("bad", "bad");
  const auto both = backtest();
  EXPECT_EQ(both.status.code, 1) << both.out << both.err;
  EXPECT_THAT(both.out, HasSubstr("the good version is red too"));
  bug("bad", "missing");
  const auto nobody = backtest();
  EXPECT_EQ(nobody.status.code, 1) << nobody.out << nobody.err;
  EXPECT_THAT(nobody.out, HasSubstr("not-attached      tiny.first-letter"));
}

TEST_F(Backtest, MistakesAreOneLine) {
  bug("bad", "good", "txt");
  expect_refused({"backtest", "--file", "bugs.yaml"}, 2, "bugs.yaml:2: tiny.first-letter: unknown check");
  bug("bad", "good");
  expect_refused({"backtest", "--file", "bugs.yaml", "tiny.first-leter"}, 2,
                 "did you mean 'tiny.first-letter'?");
  expect_refused({"backtest", "--file", "nothing.yaml"}, 2, "nothing.yaml");
}

TEST_F(Backtest, TheBugsOfTheProjectAreListedWithoutPlayingThem) {
  const auto done = assay({"backtest", "--list", "pypi.openai.*"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("pypi.openai.unicode-lines"));
}

}  // namespace
}  // namespace assay

// assay repro as a colleague meets it: the list, mistakes, a client with a race, one without, a program, a
// search.
#include <gmock/gmock.h>

#include <filesystem>
#include <regex>

#include "cli/cli_fixture.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Micros kPatience = std::chrono::minutes(6);  // a search is many plays

class Repro : public Cli {
 protected:
  Repro() { data_ = ASSAY_SOURCE_DIR; }

  static std::string example(const std::string& name) { return ASSAY_SOURCE_DIR "/examples/eagain/" + name; }

  // The text after --schedule in what --explore printed.
  static std::string schedule_in(const std::string& out) {
    std::smatch found;
    return std::regex_search(out, found, std::regex("--schedule '([^']+)'")) ? found[1].str() : "";
  }
};

TEST_F(Repro, WithoutANameListsTheRaces) {
  const auto done = assay({"repro"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  for (const char* name : {"eagain", "401-wrong-database", "401-not-yet-replicated", "401-expired-in-flight",
                           "refresh-race", "refresh-race-in-process", "mint-lost-response",
                           "callback-favicon-first", "callback-duplicate", "callback-two-logins",
                           "keepalive-reuse", "logout-during-stream", "ticket-reuse", "store-two-writers"})
    EXPECT_THAT(done.out, HasSubstr(std::string(name) + " ")) << name;
  EXPECT_THAT(done.out, AllOf(HasSubstr("provider worldrouter; the client is asked to login\n"),
                              HasSubstr("it begins logged in (auth.json)")));
}

TEST_F(Repro, WrongArgumentsAreOneLine) {
  expect_refused({"repro", "eagian", "--client", "reference"}, 2, "did you mean 'eagain'");
  expect_refused({"repro", "eagain"}, 2, "expected one client");
  expect_refused({"repro", "eagain", "--client", "reference", "--", "true"}, 2, "expected one client");
  expect_refused({"repro", "eagain", "--client", "referense"}, 2, "did you mean 'reference'");
  expect_refused({"repro", "eagain", "--", "./nothing"}, 2, "nothing: there is no such program");
  expect_refused({"repro", "eagain", "--", "no-such-program"}, 2,
                 "there is no program no-such-program in PATH");
  expect_refused(
      {"repro", "refresh-race", "--client", "reference", "--schedule", "auth.token.1/1,token"}, 2,
      "--schedule: expected a choice such as auth.token.2/3 or auth.token.2/3+100ms, found \"token\"");
  expect_refused(
      {"repro", "refresh-race", "--client", "reference", "--explore", "5", "--schedule", "auth.token.1/1"}, 2,
      "exclude each other");
}

TEST_F(Repro, AMutantShowsItsRaceAndTheLineThatMatters) {
  const auto done =
      assay({"repro", "refresh-race", "--client", "mutant:no-cross-process-lock", "--times", "5"});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("showed in 5 of 5 plays, "), HasSubstr("\n>> "),
                              HasSubstr("^ the second process"), HasSubstr("a: begins chat as C"),
                              HasSubstr("FAILS  one: "), HasSubstr("flock")));
  EXPECT_THAT(done.out, Not(HasSubstr("\033[")));
}

TEST_F(Repro, ItsPlaysAreKeptAsARecordWithReports) {
  std::filesystem::copy_file(ASSAY_SOURCE_DIR "/conformance/providers/worldrouter.yaml",
                             folder_ + "/house.yaml");
  const auto done = assay({"repro", "eagain", "--client", "reference", "--times", "2", "--out", "kept",
                           "--provider", "./house.yaml"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("record  kept/run.jsonl\nreport  kept/report.html\n"));
  EXPECT_EQ(assay({"report", "lint", "kept/run.jsonl"}).status.code, 0);
  EXPECT_THAT(read_file(folder_ + "/kept/run.jsonl").value(), HasSubstr("\"plan\":{\"cases\":2"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/kept/report.html"));
}

TEST_F(Repro, TheReferenceClientPasses) {
  const auto done = assay({"repro", "eagain", "--client", "reference", "--times", "5"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("showed in 0 of 5 plays, "), HasSubstr("holds  done")));
}

TEST_F(Repro, UntilFailStopsAtTheFirst) {
  const auto done =
      assay({"repro", "eagain", "--client", "mutant:nonblocking-callback-reader", "--until-fail", "-j", "1"});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("showed in 1 of 1 plays"));
}

TEST_F(Repro, ASmallClientShowsTheRaceAndPassesOnceItIsMended) {
  const auto broken = assay({"repro", "eagain", "--", example("login.py")});
  EXPECT_EQ(broken.status.code, 1) << broken.out << broken.err;
  EXPECT_THAT(broken.out,
              AllOf(HasSubstr("stderr: BlockingIOError"), HasSubstr("\n>> "), HasSubstr("poll()")));
  const auto mended = assay({"repro", "eagain", "--times", "3", "--", example("login_fixed.py")});
  EXPECT_EQ(mended.status.code, 0) << mended.out << mended.err;
  EXPECT_THAT(mended.out, AllOf(HasSubstr("stdout: Logged in"), HasSubstr("showed in 0 of 3 plays")));
}

TEST_F(Repro, ARaceThatDoesNotApplyIsIncompleteAndSaysWhy) {
  const std::string dumb = program("dumb",
                                   "#!/bin/sh\necho "
                                   "'{\"hello\":{\"protocol\":[1],\"client\":\"x\",\"version\":\"1\","
                                   "\"role\":\"provider\",\"capabilities\":[]}}'\nread line\n");
  const auto done = assay({"repro", "eagain", "--adapter", dumb});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("no capability \"login\""));
}

// A client that fails before the two things meet does not have the race.
TEST_F(Repro, AProgramThatFailsByItselfShowsNoRace) {
  for (const char* race : {"eagain", "mint-lost-response", "ticket-reuse", "refresh-race",
                           "logout-during-stream", "store-two-writers"}) {
    for (const char* argv : {"/bin/false", "/bin/true"}) {
      const auto done = assay({"repro", race, "--", argv});
      EXPECT_EQ(done.status.code, 3) << race << argv << done.out << done.err;
      EXPECT_THAT(done.out + done.err, testing::AnyOf(HasSubstr("did not come about"), HasSubstr("not-met")))
          << race << argv;
      EXPECT_THAT(done.out,
                  AllOf(Not(HasSubstr("showed in 1")), Not(HasSubstr("poll()")), Not(HasSubstr("flock"))));
    }
  }
}

struct Planted {
  const char* race;
  const char* mutant;
};
class Orders : public Repro, public testing::WithParamInterface<Planted> {};

// Each of these fails under one order of the answers in many. The search finds one, and what it prints
// repeats it.
TEST_P(Orders, AreFoundAndRepeated) {
  const std::string client = std::string("mutant:") + GetParam().mutant;
  const auto found =
      assay({"repro", GetParam().race, "--client", client, "--explore", "100", "--until-fail"}, kPatience);
  EXPECT_EQ(found.status.code, 1) << found.out << found.err;
  const std::string schedule = schedule_in(found.out);
  ASSERT_NE(schedule, "") << found.out;
  const auto again = assay(
      {"repro", GetParam().race, "--client", client, "--schedule", schedule, "--times", "50"}, kPatience);
  EXPECT_THAT(again.out, HasSubstr("showed in 50 of 50 plays")) << schedule;
  EXPECT_THAT(again.out, Not(HasSubstr("did not fit")));
}

INSTANTIATE_TEST_SUITE_P(Planted, Orders,
                         testing::Values(Planted{"refresh-after-logout", "late-refresh-undoes-logout"},
                                         Planted{"logout-after-refresh", "logout-writes-snapshot"},
                                         Planted{"four-writes-between", "store-generation-wraps"},
                                         Planted{"lock-held-for-long", "lock-given-up"}),
                         [](const auto& info) {
                           std::string name = info.param.mutant;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(Repro, TheSearchFindsNothingInTheReferenceClient) {
  const auto done = assay({"repro", "refresh-after-logout", "--client", "reference", "--explore", "12"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("0 of 12 schedules break it"));
}

}  // namespace
}  // namespace assay

#include "conformance/runner/race/race.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/play/machinery.h"
#include "conformance/runner/race/timeline.h"

namespace assay::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kRace = R"(race: demo
title: A demo
case: worldrouter/login/plain
mutant: prints-key
shows: quiet
line: {find: "auth-station GET /login", says: here}
advice: Do not.
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kRace;
  return text.replace(text.find(from), from.size(), to);
}

TEST(Race, WhatIsWrongIsNamedWithItsLine) {
  const struct {
    std::string text;
    const char* why;
  } table[] = {
      {kRace + "advise: x\n", "demo.yaml:8: unknown key 'advise'"},
      {with("title: A demo", ""), "demo.yaml:1: missing key 'title'"},
      {with("auth-station GET /login", "GET"), "demo.yaml:6"},
      {with("race: demo", "race: other"), "demo.yaml:1: expected \"demo\""},
      {kRace + "schedule: nonsense\n", "demo.yaml:8"},
  };
  for (const auto& row : table) {
    const auto race = parse_race(row.text, "/x/demo.yaml");
    ASSERT_FALSE(race) << row.text;
    EXPECT_THAT(race.error().text(), HasSubstr(row.why));
  }
  EXPECT_TRUE(parse_race(kRace, "/x/demo.yaml"));
}

TEST(Race, EveryOneOfTheTreeCanBeStagedForAdaptersAndPrograms) {
  const std::string data = ASSAY_SOURCE_DIR;
  const auto races = load_races(data);
  ASSERT_TRUE(races) << races.error().text();
  const auto cases = load_cases(data + "/conformance/cases");
  ASSERT_TRUE(cases) << cases.error().text();
  for (const Race& race : *races) {
    for (const bool program : {false, true}) {
      const auto one = staged(race, *cases, {program, nullptr});
      ASSERT_TRUE(one) << one.error().text();
      const auto ok = check_case(*one, data);
      EXPECT_TRUE(ok) << ok.error().text();
    }
    EXPECT_TRUE(staged(race, *cases, {false, {{"rest", "newest"}}})) << race.name;
    // What is marked is what the mutant shows, so the file must name one of those that exist.
    const auto groups = std::filesystem::directory_iterator(data + "/conformance/mutants");
    EXPECT_TRUE(std::any_of(begin(groups), end(groups), [&](const auto& group) {
      return exists(group.path() / (race.mutant + ".cpp"));
    })) << race.name;
  }
}

TEST(Race, AnUnknownNameIsRefusedWithTheNearest) {
  const auto races = load_races(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(races);
  EXPECT_THAT(race_named(*races, "eagian").error().message, HasSubstr("did you mean 'eagain'"));
}

CaseRecord recorded() {
  const SystemClock clock;
  Journal journal(clock);
  const auto add = [&](const char* actor, JournalKind kind, const char* text, std::uint64_t exchange,
                       Micros at, nlohmann::json detail = nullptr) {
    JournalEntry entry;
    entry.actor = actor;
    entry.kind = kind;
    entry.text = text;
    entry.exchange = exchange;
    entry.at = at;
    entry.detail = std::move(detail);
    if (kind == JournalKind::request) {
      Request request;
      request.method = "POST";
      request.target = "/token?x=1";
      entry.request = std::make_shared<const Request>(std::move(request));
    }
    if (kind == JournalKind::response) entry.status = 200;
    journal.append(std::move(entry));
  };
  add("client", JournalKind::action, "begins chat as C", 0, Micros(1'000));
  add("auth", JournalKind::connect, "127.0.0.1:1", 0, Micros(1'500));
  add("auth", JournalKind::request, "POST /token?x=1", 1, Micros(2'000));
  add("auth", JournalKind::response, "", 1, Micros(3'000));
  add("auth", JournalKind::request, "POST /token?x=1", 2, Micros(4'000));
  add("client", JournalKind::note, "stderr: a line\nof two", 0, Micros(5'000));
  add("client", JournalKind::action, "ends chat as C", 0, Micros(6'000),
      {{"ok", false}, {"error", {{"message", "no"}, {"category", "network"}}}});
  CaseRecord record;
  record.journal = journal_text(journal.entries());
  return record;
}

TEST(Timeline, ShowsBothSidesAndMarksOneLine) {
  const auto timeline = render_timeline(recorded(), {*parse_query("auth POST /token #2"), "twice"}, {});
  EXPECT_TRUE(timeline.marked);
  EXPECT_EQ(timeline.text,
            "        0.0 ms  begins chat as C\n"
            "        1.0 ms    | auth          POST /token?x=1\n"
            "        2.0 ms    | auth          200 to POST /token\n"
            ">>      3.0 ms    | auth          POST /token?x=1\n"
            "                ^ twice\n"
            "        4.0 ms  stderr: a line of two\n"
            "        5.0 ms  ends chat as C: no (network)\n");
}

TEST(Timeline, AMarkThatNothingFitsMarksNothing) {
  const auto timeline = render_timeline(recorded(), {*parse_query("auth POST /token #3"), "thrice"}, {});
  EXPECT_FALSE(timeline.marked);
  EXPECT_THAT(timeline.text, AllOf(testing::Not(HasSubstr(">>")), testing::Not(HasSubstr("thrice"))));
}

TEST(Timeline, LongLinesAreCutBetweenCharacters) {
  TimelineStyle style;
  style.width = 40;
  CaseRecord record;
  record.journal =
      R"([{"seq":1,"t_us":0,"actor":"client","kind":"note","text":"ääääääääääääääääääääääääääääääääääää"}])";
  const std::string text = render_timeline(record, {*parse_query("x note"), ""}, style).text;
  EXPECT_TRUE(text.ends_with("ä…\n")) << text;
}

}  // namespace
}  // namespace assay::conformance

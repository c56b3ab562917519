// Case time as its users meet it: programs that wait, compressed, and what the record says of it.
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "reports/record/reader.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A client that gives up at once.
constexpr const char* kImpatient = R"(#!/bin/sh
curl -s -o /dev/null -X POST -H "Authorization: Bearer $KEY" -d '{"model":"m","messages":[{"role":"user","content":"hi"}]}' "$URL/v1/chat/completions"
echo "the server had an error" >&2
exit 1
)";

// A client that asks three times, 30 s of its own time apart, and gives up.
constexpr const char* kPatient = R"(#!/bin/bash
for i in 1 2 3; do
  curl -s -o /dev/null -X POST -H "Authorization: Bearer $KEY" -d '{"model":"m","messages":[{"role":"user","content":"hi"}]}' "$URL/v1/chat/completions"
  [ $i = 3 ] || sleep 30
done
echo "the server had an error" >&2
exit 1
)";

constexpr const char* kCases = R"(suite: demo
defaults:
  requires: [chat]
  waits: true
  credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}
  world: {inference: {rules: [{respond: {status: 500, json: {error: {message: broken}}}}]}}
cases:
  - id: patient
    title: Three attempts
    do:
      - chat: {as: C, deadline: 200s, messages: [{role: user, content: hi}]}
    expect:
      told: {C: {ok: false, within: 100s}}
      gaps: {gap: {each: "inference POST chat", min: 30s, max: 40s}}
  - id: hasty
    title: Attempts a minute apart
    do:
      - chat: {as: C, deadline: 200s, messages: [{role: user, content: hi}]}
    expect:
      gaps: {gap: {each: "inference POST chat", min: 60s}}
  - id: hopeless
    title: An error, or an answer within half an hour
    do:
      - chat: {as: C, deadline: 1800s, messages: [{role: user, content: hi}]}
    expect:
      told: {C: {ok: false}}
  - id: brief
    title: An error at once
    do:
      - chat: {as: C, deadline: 5s, messages: [{role: user, content: hi}]}
    expect:
      told: {C: {ok: false}}
)";

class Time : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    write_case(kCases);
    program("patient.sh", kPatient);
    std::ofstream(folder_ + "/patient.yaml")
        << "name: patient\ntitle: Patient\ncapabilities: [chat]\n"
           "argv: [" +
               folder_ +
               "/patient.sh]\n"
               "environment: {URL: \"${inference.url}\", KEY: \"${key}\"}\n";
  }
  // Skips what needs case time where this machine has none.
  void skip_without() const {
    const auto done = assay({"in-case-time", "x2", "--", "true"});
    if (done.status.code != 0) GTEST_SKIP() << done.err;
  }
  process::Completed run(const std::string& which, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"run",   which, "--client",        "./patient.yaml",
                                    "--out", "out", "--no-start-check"};
    all.insert(all.end(), more.begin(), more.end());
    return assay(all);
  }
  CaseRecord only_case() const {
    const auto record = read_record(folder_ + "/out/run.jsonl").value();
    EXPECT_THAT(record.cases, SizeIs(1));
    return record.cases.at(0);
  }
};

TEST_F(Time, AMinuteOfAProgramsPatienceTakesSeconds) {
  if (skip_without(); IsSkipped()) return;
  const auto done = run("demo/patient");
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  const CaseRecord record = only_case();
  ASSERT_TRUE(record.time);
  EXPECT_EQ(record.verdict, Verdict::pass) << record.reason;
  EXPECT_THAT(record.time->rate, testing::StartsWith("x"));
  EXPECT_GT(record.time->cpu_us, 0);
  EXPECT_GT(record.time->late_us, 0);
  // By its own clock it took over a minute. At x20 that is over 3 s; a busy machine plays it again at lower
  // rates.
  EXPECT_GE(record.duration_us, 3'000'000);
  if (record.time->rate == "x20" && record.time->notes.empty()) {
    EXPECT_LT(record.duration_us, 40'000'000);
  }
}

TEST_F(Time, AFailureIsConfirmedAtALowerRateAndTheRecordSaysSo) {
  if (skip_without(); IsSkipped()) return;
  const auto done = run("demo/hasty");
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  const CaseRecord record = only_case();
  ASSERT_TRUE(record.time);
  EXPECT_THAT(record.reason, HasSubstr("between POST chat requests to inference #1 and #2"));
  EXPECT_NE(record.time->rate, "x20");
  ASSERT_FALSE(record.time->notes.empty());
  EXPECT_THAT(record.time->notes.front(), testing::StartsWith("x20: "));
}

TEST_F(Time, TheRateCanBeOrdered) {
  if (skip_without(); IsSkipped()) return;
  run("demo/patient", {"--time", "x10"});
  const CaseRecord record = only_case();
  ASSERT_TRUE(record.time);
  EXPECT_THAT(record.command, HasSubstr(" --time x10"));
  EXPECT_NE(record.time->rate, "x20");
}

// Some containers forbid it. Nothing is judged that was not played, and nothing fails for it.
TEST_F(Time, WithoutPtraceShortCasesTakeTheirOwnTimeAndLongOnesAreNotAsked) {
  program("patient.sh", kImpatient);
  through_ = {WITHOUT_PTRACE};
  const auto done = run("demo", {"--exclude", "demo/patient", "--exclude", "demo/hasty"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.err,
              HasSubstr("time cannot be compressed here: time-probe-static: ptrace is forbidden here"));
  EXPECT_THAT(done.out, HasSubstr("1 cases were not asked: time cannot be compressed here"));
  const auto record = read_record(folder_ + "/out/run.jsonl").value();
  ASSERT_THAT(record.cases, SizeIs(2));
  for (const CaseRecord& one : record.cases) {
    if (one.name == "demo/brief") {
      EXPECT_EQ(one.verdict, Verdict::pass) << one.reason;
      ASSERT_TRUE(one.time);
      EXPECT_EQ(one.time->rate, "x1");
    } else {
      EXPECT_EQ(one.verdict, Verdict::not_applicable);
      EXPECT_THAT(one.reason,
                  testing::StartsWith("not asked: by the machine's clock it may take 30m (time cannot"));
    }
  }
  // Alone it leaves a run in which no case applied.
  EXPECT_EQ(run("demo/hopeless").status.code, 3);
  // What was asked for and cannot be had is an error.
  const auto ordered = run("demo/brief", {"--time", "x20"});
  EXPECT_EQ(ordered.status.code, 3);
  EXPECT_THAT(ordered.err, HasSubstr("time cannot be compressed here"));
}

TEST_F(Time, ARateIsARate) {
  for (const char* wrong : {"20", "x0", "fast"}) {
    expect_refused({"run", "demo/patient", "--time", wrong}, 2,
                   std::string("--time: expected a rate from x1 to x1000, found ") + wrong);
  }
  data_ = ASSAY_SOURCE_DIR;  // has races
  for (const char* wrong : {"20", "x0", "fast"}) {
    expect_refused({"repro", "eagain", "--client", "reference", "--time", wrong}, 2,
                   "--time: expected a rate");
  }
}

TEST_F(Time, ACaseThatDoesNotWaitIsLeftAlone) {
  write_case(kCase);
  const auto done = assay({"run", "--out", "out"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_FALSE(only_case().time);
}

TEST_F(Time, AnyProgramCanBeRunByHand) {
  if (skip_without(); IsSkipped()) return;
  const SystemClock clock;
  const auto done = assay(
      {"in-case-time", "x50", "--", "sh", "-c", "a=$(date +%s); sleep 60; b=$(date +%s); echo $((b - a))"});
  const Micros took = clock.now();
  EXPECT_EQ(done.status.text(), "exit 0") << done.err;
  EXPECT_GE(std::stoi(done.out), 60);
  EXPECT_LT(took, std::chrono::seconds(30));
}

}  // namespace
}  // namespace assay

// The gate as CI meets it: what turns a run red, what keeps it green, and that no secret leaves it.
#include <gmock/gmock.h>

#include <algorithm>

#include "cli/cli_fixture.h"
#include "reports/render.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kCrLf = "chat/stream/to:crlf/line-ends";
constexpr const char* kMutant = "mutant:events-split-at-lf";

// Runs against the cases of the checkout.
class Gate : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    data_ = ASSAY_SOURCE_DIR;
  }
  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file_atomically(folder_ + "/" + name, text));
  }
  std::string known(const std::string& target, const std::string& more = "state: fail") const {
    return "  - {case: \"" + target + "\", reason: upstream 12, " + more + "}\n";
  }
  process::Completed run(const std::string& client, const std::string& entries,
                         const std::vector<std::string>& more = {}) const {
    write("known.yaml", "known:\n" + entries);
    std::vector<std::string> all = {"run",     kCrLf,        "--client", client,
                                    "--known", "known.yaml", "--out",    "out"};
    all.insert(all.end(), more.begin(), more.end());
    return assay(all);
  }
  RunRecord record(const std::string& path = "out/run.jsonl") const {
    return read_record(folder_ + "/" + path).value();
  }
};

TEST_F(Gate, ABrokenClientIsOneScreenThatSaysWhatWhyAndHowToRepeatIt) {
  const auto done = run(kMutant, known("chat/stream/*/comments", "state: flaky"));
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr(kCrLf), HasSubstr("expected"), HasSubstr("observed"),
                    HasSubstr(std::string("assay run ") + kCrLf + " --client " + kMutant + " --seed 1"),
                    HasSubstr("FAILED (exit 1)")));
  EXPECT_LE(std::count(done.out.begin(), done.out.end(), '\n'), 42);
}

TEST_F(Gate, AKnownFailureIsGreenUntilItIsMended) {
  EXPECT_EQ(run(kMutant, known(kCrLf)).status.code, 0);
  ASSERT_THAT(record().cases, SizeIs(1));
  EXPECT_EQ(record().cases[0].verdict, Verdict::xfail);
  EXPECT_EQ(record().cases[0].known->reason, "upstream 12");

  const auto mended = run("reference", known(kCrLf));
  EXPECT_EQ(mended.status.code, 1) << mended.out;
  EXPECT_EQ(record().cases[0].verdict, Verdict::xpass);
  EXPECT_THAT(mended.out, HasSubstr(std::string("note: known.yaml:2: ") + kCrLf +
                                    " passes with reference: remove its entry"));

  EXPECT_EQ(run("reference", known("chat/*", "state: flaky")).status.code, 0);
}

TEST_F(Gate, ExpiredAndUnmatchedEntriesFailTheRun) {
  const auto expired = run(kMutant, known(kCrLf, "state: fail, expires: 2020-02-29"));
  EXPECT_EQ(expired.status.code, 1);
  EXPECT_EQ(record().cases[0].verdict, Verdict::fail);
  EXPECT_THAT(expired.out,
              HasSubstr(std::string("known.yaml:2: the entry ") + kCrLf + " expired on 2020-02-29"));

  const auto unmatched = run("reference", known("chat/stream/no-such-case"));
  EXPECT_EQ(unmatched.status.code, 1);
  EXPECT_EQ(record().cases[0].verdict, Verdict::pass);
  EXPECT_THAT(unmatched.out, HasSubstr("known.yaml:2: the entry chat/stream/no-such-case matches no case"));
}

TEST_F(Gate, AcceptWritesEntriesThatWaitForAReason) {
  const auto nothing = run("reference", known("chat/*", "state: flaky"));
  EXPECT_THAT(assay({"accept", "out/run.jsonl"}).err, HasSubstr("nothing failed"));
  (void)run(kMutant, known("oauth/*", "state: flaky"));
  const auto done = assay({"accept", "out/run.jsonl", "--known", "new.yaml"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  expect_refused({"run", kCrLf, "--client", kMutant, "--known", "new.yaml"}, 2,
                 "new.yaml:6: the reason for chat/stream/to:crlf/line-ends:text is empty");
  std::string text = read_file(folder_ + "/new.yaml").value();
  text.replace(text.find("\"\"\n"), 2, "upstream 12");
  write("new.yaml", text);
  EXPECT_EQ(assay({"run", kCrLf, "--client", kMutant, "--known", "new.yaml", "--out", "out"}).status.code, 0);
}

TEST_F(Gate, ThresholdsAndRetries) {
  const std::vector<std::string> two = {
      "run", "chat/stream/*/line-ends", "--client", kMutant, "--out", "out", "-j", "1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), two.begin(), two.end());
    return assay(more);
  };
  EXPECT_EQ(with({"--max-fail", "1"}).status.code, 1);
  EXPECT_FALSE(record().complete());
  EXPECT_THAT(record().cases, SizeIs(1));
  // Several at a time: what is in flight is ended, and not counted.
  EXPECT_EQ(assay({"run", "chat/stream/*/line-ends", "--client", kMutant, "--out", "out", "-j", "4",
                   "--max-fail", "1", "--repeat", "4"})
                .status.code,
            1);
  EXPECT_FALSE(record().complete());
  const auto stopped = record();
  EXPECT_EQ(std::count_if(stopped.cases.begin(), stopped.cases.end(),
                          [](const CaseRecord& one) { return one.verdict == Verdict::fail; }),
            1);
  EXPECT_EQ(with({"--retries", "1"}).status.code, 1);
  EXPECT_TRUE(record().complete());
  // What does not apply in one of the protocols is not played again.
  for (const CaseRecord& one : record().cases)
    EXPECT_THAT(one.attempts, SizeIs(one.verdict == Verdict::fail ? 2 : 0)) << one.name;
  const auto few = assay({"run", kCrLf, "--min", "2", "--out", "out"});
  EXPECT_EQ(few.status.code, 1);
  EXPECT_THAT(few.out, HasSubstr("1 of 1 cases pass, fewer than --min 2"));
  expect_refused({"run", "--min", "many"}, 2, "expected --min");
}

TEST_F(Gate, ARetryThatPassesIsFlaky) {
  data_.clear();
  // Answers the second time only: what it remembers is outside of its home.
  const std::string adapter = program("second-time", R"(#!/bin/sh
echo '{"hello":{"protocol":[1],"client":"x","version":"1","role":"provider","capabilities":["models"]}}'
read line
if [ -e ")" + folder_ + R"(/tried" ]; then echo '{"seq":1,"result":{"ok":true,"models":[]}}'
else touch ")" + folder_ + R"(/tried"; echo '{"seq":1,"result":{"ok":false}}'; fi
read line
)");
  const auto done = assay(
      {"run", "--no-start-check", "--no-cells", "--retries", "2", "--out", "out", "--adapter", adapter});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_EQ(record().cases[0].verdict, Verdict::flaky);
  EXPECT_THAT(record().cases[0].attempts, SizeIs(2));
}

TEST_F(Gate, AFrozenSetIsRunAndNamed) {
  EXPECT_EQ(assay({"run", kCrLf, "--requirements", "2026.11", "--out", "out"}).status.code, 0);
  EXPECT_EQ(record().header.requirements, "2026.11");
  expect_refused({"run", "--requirements", "2026.99"}, 2, "unknown requirement set '2026.99'");
}

TEST_F(Gate, AManifestSaysWhatAClientMustBeAbleToDo) {
  write("all.yaml", "capabilities: [chat, stream]\n");
  write("none.yaml", "capabilities: [login]\n");
  EXPECT_EQ(assay({"run", kCrLf, "--manifest", "all.yaml", "--out", "out"}).status.code, 0);
  EXPECT_EQ(assay({"run", kCrLf, "--manifest", "none.yaml", "--out", "out"}).status.code, 3);
  EXPECT_EQ(record().cases[0].verdict, Verdict::not_applicable);
  const std::string adapter = program("poor",
                                      "#!/bin/sh\necho "
                                      "'{\"hello\":{\"protocol\":[1],\"client\":\"x\",\"version\":\"1\","
                                      "\"role\":\"provider\",\"capabilities\":[\"chat\"]}}'\nread line\n");
  EXPECT_EQ(assay({"run", kCrLf, "--no-start-check", "--manifest", "all.yaml", "--no-cells", "--out", "out",
                   "--adapter", adapter})
                .status.code,
            3);
  EXPECT_EQ(record().cases[0].verdict, Verdict::error);
  EXPECT_THAT(record().cases[0].reason, HasSubstr("declares the capability \"stream\", its hello does not"));
}

TEST_F(Gate, ShardsMergedAreTheWholeRunAndALostOneIsTold) {
  // Whether the mutant sees the end of a stream that it cannot read before it is cancelled is a race.
  const std::vector<std::string> what = {"run",      "chat/stream", "--exclude", "chat/stream/cancelled*",
                                         "--client", kMutant};
  const auto run_into = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> all = what;
    all.insert(all.end(), {"--out", out});
    all.insert(all.end(), more.begin(), more.end());
    return assay(all);
  };
  EXPECT_EQ(run_into("whole", {}).status.code, 1);
  std::vector<std::string> merge = {"report", "merge"};
  for (const std::string i : {"1", "2", "3", "4"}) {
    (void)run_into("s" + i, {"--shard", i + "/4"});
    merge.push_back("s" + i + "/run.jsonl");
  }
  merge.insert(merge.end(), {"--out", "merged.jsonl"});
  EXPECT_EQ(assay(merge).status.code, 1);
  EXPECT_TRUE(record("merged.jsonl").complete());
  EXPECT_EQ(record("merged.jsonl").cases.size(), record("whole/run.jsonl").cases.size());
  const auto same = assay({"report", "diff", "whole/run.jsonl", "merged.jsonl", "--stable"});
  EXPECT_EQ(same.status.code, 0) << same.out;

  merge.erase(merge.begin() + 3);
  const auto lost = assay(merge);
  EXPECT_EQ(lost.status.code, 3) << lost.out;
  EXPECT_THAT(lost.err, HasSubstr("missing: shard 2/4"));
}

// A client that puts its key wherever a report takes evidence from: both outputs, its message, a header, a
// URL, a body and a file.
TEST_F(Gate, NoReportHoldsACanaryThatAClientLeaks) {
  data_.clear();
  const std::string canary = "plum-canary-7f3a91c05e";
  write_case(R"(suite: demo/leaks
cases:
  - id: everywhere
    title: The key is everywhere
    given: {store: {worldrouter: {kind: api_key, key: )" +
             canary + R"(}}}
    do: [chat: {as: C}]
    expect:
      quiet: {never: {secret: any, in: [stdout, stderr, argv, files, urls, requests, messages]}}
)");
  const std::string adapter = program("leaky", R"SH(#!/bin/bash
echo '{"hello":{"protocol":[1],"client":"x","version":"1","role":"provider","capabilities":["chat","store"]}}'
read -r line
key=$(sed -n 's/.*"key" *: *"\([^"]*\)".*/\1/p' "$HOME/auth.json")
origin=$(sed -n 's/.*"inference":"http:\/\/\([^"]*\)".*/\1/p' <<<"$line")
echo "stderr $key" >&2
echo "$key" >"$HOME/note.txt"
exec 3<>"/dev/tcp/${origin%:*}/${origin##*:}"
printf 'POST /leak?q=%s HTTP/1.1\r\nHost: x\r\nX-Note: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' "$key" "$key" "${#key}" "$key" >&3
cat <&3 >/dev/null
echo '{"seq":1,"event":{"kind":"text","text":"'"$key"'"}}'
echo '{"seq":1,"result":{"ok":false,"error":{"category":"other","message":"the key '"$key"' is wrong"}}}'
read -r line
)SH");
  const auto done = assay({"run", "--no-start-check", "--no-cells", "--out", "out", "--adapter", adapter});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_THAT(done.out + done.err, Not(HasSubstr(canary)));
  const std::string text = read_file(folder_ + "/out/run.jsonl").value();
  EXPECT_THAT(text, Not(HasSubstr(canary)));
  // It was there: what stands around it is.
  EXPECT_THAT(text, AllOf(HasSubstr("stderr "), HasSubstr("/leak?q="), HasSubstr("X-Note")));
  for (const std::string& format : reports::render_formats()) {
    const auto report = reports::render_file(folder_ + "/out/run.jsonl", format);
    ASSERT_TRUE(report) << format;
    EXPECT_THAT(*report, Not(HasSubstr(canary))) << format;
  }
}

}  // namespace
}  // namespace assay

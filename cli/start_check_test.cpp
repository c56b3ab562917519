// A client that does not work at all is told so before the first case, and passes none.
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>

#include "cli/cli_fixture.h"
#include "reports/record/reader.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

class StartCheck : public Cli {
 protected:
  StartCheck() { data_ = ASSAY_SOURCE_DIR; }

  // A client file for `argv`, as YAML.
  std::string client(const std::string& argv) const {
    std::ofstream(folder_ + "/c.yaml") << "name: c\ntitle: C\ncapabilities: [chat]\nargv: " << argv
                                       << "\nenvironment: {BASE: \"${inference.url}\", KEY: \"${key}\"}\n";
    return folder_ + "/c.yaml";
  }
  RunRecord record() const { return read_record(folder_ + "/out/run.jsonl").value(); }
};

constexpr const char* kPost = R"(#!/bin/bash
origin=${BASE#http://}
exec 3<>"/dev/tcp/${origin%:*}/${origin##*:}"
printf 'POST PATH HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}' "$KEY" >&3
AFTER
)";

std::string posting(const std::string& path, const std::string& after) {
  std::string out = kPost;
  out.replace(out.find("PATH"), 4, path);
  return out.replace(out.find("AFTER"), 5, after);
}

TEST_F(StartCheck, AClientThatSendsNoChatPassesNothingAndIsShown) {
  program("usage", "#!/bin/sh\necho 'usage: tool [OPTIONS]' >&2\nexit 64\n");
  program("elsewhere", posting("/v9/talk", "cat <&3"));
  const struct {
    const char* argv;
    std::vector<std::string> told;
  } table[] = {
      {"[\"/bin/false\"]", {"argv       /bin/false", "status     1", "requested  nothing"}},
      {"[\"/bin/true\"]", {"argv       /bin/true", "status     0", "requested  nothing"}},
      {"[\"${here}/usage\"]", {"status     64", "stderr     usage: tool [OPTIONS]", "requested  nothing"}},
      {"[\"${here}/elsewhere\"]", {"requested  inference POST /v9/talk (answered 404)"}},
  };
  for (const auto& row : table) {
    const auto began = std::chrono::steady_clock::now();
    const auto done = assay({"run", "any", "--client", client(row.argv), "--out", "out"});
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_EQ(done.status.code, 3) << row.argv << done.out << done.err;
    EXPECT_THAT(done.err, HasSubstr("no request of this operation arrived at its route; no case was played"));
    for (const std::string& told : row.told) EXPECT_THAT(done.err, HasSubstr(told)) << row.argv;
    EXPECT_THAT(record().cases, IsEmpty());
    EXPECT_FALSE(record().complete());
    // 5 s on a quiet machine; here others may be at work, and a sanitizer takes its time.
    EXPECT_LT(took, std::chrono::seconds(kSanitized ? 120 : 20)) << row.argv;
  }
}

TEST_F(StartCheck, AClientThatNeverEndsIsStoppedWithinThirtySeconds) {
  program("deaf", posting("/v1/chat/completions", "sleep 1000"));
  const auto began = std::chrono::steady_clock::now();
  const auto done = assay({"run", "any", "--client", client("[\"${here}/deaf\"]"), "--out", "out"});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err, AllOf(HasSubstr("does not play chat"), HasSubstr("no end within"),
                              HasSubstr("requested  inference POST /v1/chat/completions")));
  EXPECT_THAT(record().cases, IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST_F(StartCheck, WithoutItNoCasePasses) {
  for (const char* argv : {"[\"/bin/false\"]", "[\"/bin/true\"]"}) {
    const auto began = std::chrono::steady_clock::now();
    const auto done = assay({"run", "any/chat", "any/process/terminated", "any/process/key-echoed",
                             "--no-start-check", "--client", client(argv), "--out", "out"});
    EXPECT_EQ(done.status.code, 1) << done.out << done.err;
    for (const CaseRecord& one : record().cases) {
      EXPECT_NE(one.verdict, Verdict::pass) << one.name << argv;
      if (one.name == "any/process/key-echoed") {
        EXPECT_EQ(one.verdict, Verdict::not_met);
        EXPECT_EQ(one.reason, "no request of chat arrived (inference POST chat)");
      }
    }
    // `terminated` awaits a fault for up to two minutes; a program that has ended is not waited for.
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(100));
  }
}

TEST_F(StartCheck, AnAdapterThatSaysNoHelloIsToldOnce) {
  const std::string adapter = program("mute", "#!/bin/sh\necho oops >&2\nexit 3\n");
  const auto done = assay({"run", "--out", "out", "--adapter", adapter});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err,
              AllOf(HasSubstr("ended without a hello (exit 3): oops"), HasSubstr("argv       " + adapter)));
  EXPECT_THAT(record().cases, IsEmpty());
}

// A client that needs long to start was an error in cases that are not about it.
TEST_F(StartCheck, WhatTheClientCannotDoIsToldWithoutStartingItAgain) {
  const std::string starts = folder_ + "/starts";
  const std::string adapter = program("once", "#!/bin/sh\n[ -e " + starts + " ] && exit 3\n: > " + starts +
                                                  "\necho '{\"hello\":{\"protocol\":[1],\"client\":\"x\","
                                                  "\"version\":\"1\",\"role\":\"provider\","
                                                  "\"capabilities\":[\"refresh\"]}}'\nread line\n");
  const auto done = assay({"run", "--no-cells", "--out", "out", "any/chat/answers", "--adapter", adapter});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  ASSERT_THAT(record().cases, SizeIs(1));
  EXPECT_EQ(record().cases[0].verdict, Verdict::not_applicable) << record().cases[0].reason;
  EXPECT_EQ(record().cases[0].reason, "the client has no capability \"chat\"");
}

TEST_F(StartCheck, AnUnknownCapabilityIsAnErrorEverywhere) {
  const std::string file = client("[\"true\"]");
  std::string text = read_file(file).value();
  text.replace(text.find("[chat]"), 6, "[chatt]");
  std::ofstream(file) << text;
  expect_refused({"run", "any", "--client", file}, 2,
                 "c.yaml:3: unknown capability 'chatt', did you mean 'chat'?");
  std::ofstream(folder_ + "/m.yaml") << "capabilities: [chat, strem]\n";
  expect_refused({"run", "any", "--manifest", folder_ + "/m.yaml"}, 2,
                 "m.yaml:1: unknown capability 'strem', did you mean 'stream'?");
  const std::string adapter =
      program("typo",
              "#!/bin/sh\necho "
              "'{\"hello\":{\"protocol\":[1],\"client\":\"x\",\"version\":\"1\",\"role\":\"provider\","
              "\"capabilities\":[\"modells\"]}}'\nread line\n");
  const auto done = assay({"run", "--out", "out", "--adapter", adapter});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("its hello names an unknown capability 'modells', did you mean 'models'?"));
  data_.clear();
  write_case(with("requires: [models]", "requires: [model]"));
  expect_refused({"run"}, 2, "demo.yaml:5: unknown capability 'model', did you mean 'models'?");
}

TEST_F(StartCheck, ARunInWhichNoCaseAppliesIsIncomplete) {
  const std::string file = client("[\"true\"]");
  const auto done =
      assay({"run", "worldrouter/models", "--client", file, "--no-start-check", "--out", "out"});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("no case applied"), Not(HasSubstr("pass,"))));
}

}  // namespace
}  // namespace assay

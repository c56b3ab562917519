// `assay serve --fixture` and `assay record`, as a user has them: what one replays the other records again.
#include <csignal>

#include "cli/cli_fixture.h"
#include "harness/base/exit_code.h"
#include "harness/fixture/fixture.h"
#include "harness/http/test_peer.h"

namespace assay {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;

class Serve : public Cli {
 protected:
  // A program that goes on, and the URL in its first line.
  struct Up {
    process::Child child;
    std::string url;
  };
  Up start(std::vector<std::string> arguments) const {
    process::ChildOptions options;
    options.argv = {ASSAY_PROGRAM};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" ASSAY_SOURCE_DIR, "HOME=" + folder_};
    options.directory = folder_;
    options.lines = true;
    auto child = process::Child::start(std::move(options));
    EXPECT_TRUE(child) << child.error().text();
    const auto line = child->read_line(seconds(20));
    EXPECT_TRUE(line && *line) << child->text(process::Stream::err);
    const std::string text = line && *line ? **line : "";
    const auto at = std::min(text.find("http://"), text.size());
    return {std::move(*child), text.substr(at, text.find(' ', at) - at)};
  }
  std::string curl(const std::vector<std::string>& arguments) const {
    process::ChildOptions options;
    options.argv = {"curl", "-q", "-s", "--max-time", "20"};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin"};
    const auto done = process::run_program(std::move(options), seconds(30));
    EXPECT_TRUE(done && done->status.ok()) << (done ? done->err : done.error().text());
    return done ? done->out : "";
  }
};

constexpr double kRecorded = 0.14;  // seconds that the fixture takes
const std::string kFixture = ASSAY_SOURCE_DIR "/fixtures/worldrouter/inference-api/chat-pong.json";

TEST_F(Serve, WhatAFixtureReplaysIsRecordedAgain) {
  auto serving = start({"serve", "--fixture", kFixture, "--cut"});
  ASSERT_FALSE(serving.url.empty());
  const std::string again = folder_ + "/again.json";
  auto recording = start({"record", "--upstream", serving.url, "--out", again});
  const std::string body =
      curl({"-H", "Content-Type: application/json", "-d", "{}", recording.url + "/v1/chat/completions"});
  EXPECT_THAT(body, HasSubstr("data: [DONE]"));
  ASSERT_TRUE(recording.child.signal(SIGINT));
  const auto written = recording.child.wait(seconds(10));
  ASSERT_TRUE(written && written->ok()) << recording.child.text(process::Stream::err);
  EXPECT_EQ(assay({"fixture", "lint", again}).status.code, 0);
  EXPECT_THAT(assay({"fixture", "diff", kFixture, again}).out,
              testing::StartsWith("--- " + kFixture + "\n+++ " + again + "\n@@ "));
  const Result<Fixture> played = read_fixture(kFixture);
  const Result<Fixture> recorded = read_fixture(again);
  ASSERT_TRUE(played && recorded);
  const Response& one = played->exchanges.at(0).exchange.response;
  const Response& other = recorded->exchanges.at(0).exchange.response;
  ASSERT_EQ(other.body.size(), one.body.size());
  for (std::size_t i = 0; i < one.body.size(); ++i) EXPECT_EQ(other.body[i].bytes, one.body[i].bytes);
  EXPECT_GE(other.body.back().at, one.body.back().at / 2) << "recorded times are replayed";
  ASSERT_TRUE(serving.child.signal(SIGTERM));
  const auto ended = serving.child.wait(seconds(10));
  ASSERT_TRUE(ended && ended->ok());
  EXPECT_THAT(serving.child.text(process::Stream::err),
              AllOf(HasSubstr("replaying 1 exchange"), HasSubstr("POST /v1/chat/completions  200")));
}

// SDKs do not start without a key, though a recording asks for none.
TEST_F(Serve, AFixtureExportsWhatSdksNeedToStart) {
  auto serving = start({"serve", "--fixture", kFixture});
  std::vector<std::string> lines;
  for (int i = 0; i < 6; ++i) {
    const auto line = serving.child.read_line(seconds(20));
    ASSERT_TRUE(line && *line);
    lines.push_back(**line);
  }
  EXPECT_THAT(lines, testing::IsSupersetOf({"export OPENAI_BASE_URL=" + serving.url + "/v1",
                                            std::string("export OPENAI_API_KEY=sk-replay-accepts-any-key"),
                                            std::string("export GEMINI_API_KEY=sk-replay-accepts-any-key")}));
}

// The client gets half a stream, the recording has what the server really sent.
TEST_F(Serve, FaultsArePutOnWhatTheServerAnswersAndNotIntoTheRecording) {
  auto serving = start({"serve", "--fixture", kFixture});
  const std::string again = folder_ + "/again.json";
  const std::string ask =
      "curl -q -s -o got.txt -H 'Content-Type: application/json' -d '{}' $OPENAI_BASE_URL/chat/completions; "
      "echo $?";
  const auto broken =
      assay({"record", "--upstream", serving.url, "--out", again, "--faults",
             "[{path: chat, nth: 1, faults: [rst: {event: 1}]}]", "--", "sh", "-c", ask + "; " + ask});
  EXPECT_EQ(broken.status.code, 0) << broken.err;
  EXPECT_EQ(broken.out, "56\n0\n") << "56 is curl's word for a reset; the second request is not meant";
  EXPECT_THAT(broken.err, AllOf(HasSubstr("POST /v1/chat/completions 200: rst"), HasSubstr("2 exchange(s)")));
  const auto recording = read_fixture(again);
  ASSERT_TRUE(recording) << recording.error().text();
  ASSERT_EQ(recording->exchanges.size(), 2U);
  for (const RecordedExchange& one : recording->exchanges)
    EXPECT_THAT(body_bytes(one.exchange.response), HasSubstr("data: [DONE]"));
}

TEST_F(Serve, ARecorderEndsWithItsProgramAndHasItsStatus) {
  auto serving = start({"serve", "--fixture", kFixture});
  const auto done = assay({"record", "--upstream", serving.url, "--out", folder_ + "/a.json", "--", "sh",
                           "-c", "echo $ASSAY_RECORD_URL; exit 7"});
  EXPECT_EQ(done.status.code, 7) << done.err;
  EXPECT_THAT(done.out, testing::StartsWith("http://127.0.0.1:"));
  EXPECT_THAT(done.err, HasSubstr("nothing was recorded"));
  expect_refused({"record", "--upstream", serving.url, "--out", folder_ + "/b.json", "--faults", "[rts]"}, 2,
                 "did you mean 'rst'?");
  expect_refused({"record", "--upstream", serving.url, "--out", folder_ + "/b.json", "--faults", "{}"}, 2,
                 "--faults: expected a list of faults");
}

TEST_F(Serve, WhatCannotBeRecordedIsSaid) {
  const auto serving = start({"serve", "--fixture", kFixture});
  auto recording = start({"record", "--upstream", serving.url, "--out", folder_ + "/none.json"});
  http::TestPeer peer(
      static_cast<std::uint16_t>(std::stoul(recording.url.substr(recording.url.rfind(':') + 1))));
  ASSERT_TRUE(peer.send("SSH-2.0-x\r\n\r\n"));
  EXPECT_THAT(peer.read_to_end(), testing::StartsWith("HTTP/1.1 400"));
  ASSERT_TRUE(recording.child.signal(SIGINT));
  const auto ended = recording.child.wait(seconds(10));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, static_cast<int>(ExitCode::incomplete));
  EXPECT_THAT(recording.child.text(process::Stream::err),
              AllOf(HasSubstr("left out: what a client sent: it is not valid HTTP/1.1"),
                    HasSubstr("left out: what the upstream answered"), HasSubstr("nothing was recorded")));
}

TEST_F(Serve, TimesAreKeptScaledOrLeftOut) {
  const auto seconds_at = [&](const std::string& speed) {
    auto serving = start({"serve", "--quiet", "--threads", "2", "--fixture", kFixture, "--speed", speed});
    const auto begin = steady_clock::now();
    EXPECT_THAT(curl({"-d", "{}", serving.url + "/v1/chat/completions"}), HasSubstr("[DONE]"));
    const std::chrono::duration<double> took = steady_clock::now() - begin;
    EXPECT_TRUE(serving.child.signal(SIGINT));
    const auto ended = serving.child.wait(seconds(10));
    EXPECT_TRUE(ended && ended->code == 130);
    EXPECT_EQ(serving.child.text(process::Stream::err).find("request"), std::string::npos) << "--quiet";
    return took.count();
  };
  const double slow = seconds_at("0.25");
  EXPECT_GE(slow, 4 * kRecorded);
  const double none = seconds_at("0");
  EXPECT_LT(none, slow);
  EXPECT_GE(seconds_at("1"), kRecorded);
}

TEST_F(Serve, WrongUseIsToldInOneLine) {
  expect_refused({"serve", "--fixture", "none.json"}, 2, "none.json");
  expect_refused({"serve", "--fixture", kFixture, "--port", "inference=8080"}, 2,
                 "expected --port replay=PORT");
  expect_refused({"serve", "--port", "inference=99999"}, 2, "expected --port FAKE=PORT");
}

}  // namespace
}  // namespace assay

// Recordings as a colleague makes them: what import and record write, what they refuse to write over, and
// what is left when they are ended.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "cli/cli_fixture.h"
#include "harness/fixture/fixture.h"
#include "harness/http/client.h"
#include "harness/http/test_world.h"
#include "harness/recorder/recording_file.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kKey = "sk-proj-8fJ2kLm4Qx7Zt1Vb9Nc3";

class CliRecordings : public Cli {
 protected:
  std::string har() const {
    std::string path = folder_ + "/my.har";
    std::ofstream(path)
        << R"({"log":{"entries":[{"request":{"method":"GET","url":"https://api.example.test/v1/models",
"headers":[{"name":"Authorization","value":"Bearer )" +
               kKey +
               R"("},{"name":"OpenAI-Organization","value":"org-AbCdEfGh12345"}]},
"response":{"status":200,"statusText":"OK","headers":[],"content":{"mimeType":"application/json","text":"{}","size":2}}}]}})";
    return path;
  }
  std::string text(const std::string& name) const {
    return read_file(folder_ + "/" + name).value_or("(no file)");
  }

  // A recorder in front of `world`, and where it listens.
  struct Running {
    process::Child child;
    http::Url at;
  };
  Running record(const std::string& upstream, const std::string& out) const {
    process::ChildOptions options;
    options.argv = {ASSAY_PROGRAM, "record", "--upstream", upstream, "--out", out};
    options.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_};
    options.directory = folder_;
    options.lines = true;
    auto child = process::Child::start(std::move(options));
    EXPECT_TRUE(child) << child.error().text();
    const auto line = child->read_line(std::chrono::seconds(60));
    EXPECT_TRUE(line) << line.error().text();
    const std::string first = line->value_or("");
    const auto url = http::parse_url(first.substr(0, first.find(' ')));
    EXPECT_TRUE(url) << first;
    return {std::move(*child), url.value_or(http::Url{})};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
};

TEST_F(CliRecordings, ImportRedactsUnlessToldOtherwise) {
  const auto done = assay({"import", har(), "--out", "a.json"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("1 exchange imported as har (1 bytes), 2 secrets replaced"));
  EXPECT_THAT(text("a.json"), Not(HasSubstr(kKey.substr(8))));
  EXPECT_THAT(text("a.json"), Not(HasSubstr("AbCdEfGh12345")));
  const auto raw = assay({"import", har(), "--out", "raw.json", "--raw"});
  EXPECT_EQ(raw.status.code, 0) << raw.err;
  EXPECT_THAT(raw.err, HasSubstr("what looks like 2 secrets is kept as it is (--raw)"));
  EXPECT_THAT(text("raw.json"), HasSubstr(kKey));
  expect_refused({"import", har(), "--out", "b.json", "--raw", "--rules", "x.yaml"}, 2, "give one of them");
}

TEST_F(CliRecordings, ImportWritesOverNothingUnlessToldTo) {
  std::ofstream(folder_ + "/mine.json") << "mine";
  expect_refused({"import", har(), "--out", "mine.json"}, 2, "mine.json: exists already; give --force");
  EXPECT_EQ(text("mine.json"), "mine");
  EXPECT_EQ(assay({"import", har(), "--out", "mine.json", "--force"}).status.code, 0);
  EXPECT_THAT(text("mine.json"), HasSubstr("\"assay_fixture\": 1"));
  const auto piped = assay({"import", har(), "--out", "/dev/stdout"});
  EXPECT_TRUE(parse_fixture(piped.out, "stdout")) << piped.out;
  EXPECT_THAT(piped.err, HasSubstr("1 exchange imported"));
}

// A note to oneself became a fixture without a word.
TEST_F(CliRecordings, AFileThatNoRecorderWroteIsToldToBeABody) {
  std::ofstream(folder_ + "/note.txt") << "remember the milk";
  const auto done = assay({"import", "note.txt", "--out", "note.json"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("note.txt: nothing in it says what recorded it"));
  EXPECT_EQ(assay({"import", "note.txt", "--out", "told.json", "--format", "body"}).err, "");
}

TEST_F(CliRecordings, NamesOfFilesAreShownWithoutControls) {
  const std::string name = folder_ + "/\x1b]0;title\x07.json";
  std::ofstream(name) << "{}";
  for (const char* verb : {"lint", "show"}) {
    const auto done = assay({"fixture", verb, name});
    EXPECT_THAT(done.err + done.out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(done.err, HasSubstr("\\x1b]0;title"));
  }
}

TEST_F(CliRecordings, ARecorderWritesAsItGoesAndSaysSo) {
  http::TestWorld world;
  world.start();
  auto running = record("http://127.0.0.1:" + std::to_string(world.port()), "r.json");
  Request request;
  request.target = "/v1/models?key=hunter2hunter2";
  EXPECT_EQ(http::fetch(running.at, request).outcome.end, http::End::complete);
  const auto line = running.child.read_line(std::chrono::seconds(60));
  ASSERT_TRUE(line) << line.error().text();
  EXPECT_THAT(line->value_or(""), HasSubstr("GET /v1/models?key=redacted-1-xxx 200 OK"));
  // Killed, it leaves what it had, and nothing else.
  const std::size_t before = files();
  ASSERT_TRUE(running.child.signal(SIGKILL));
  ASSERT_TRUE(running.child.wait(std::chrono::seconds(60)));
  const auto left = read_fixture(folder_ + "/r.json");
  ASSERT_TRUE(left) << left.error().text();
  EXPECT_EQ(left->exchanges.size(), 1U);
  EXPECT_EQ(left->provenance.note, unfinished_note);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(assay({"fixture", "lint", "r.json"}).status.code, 0);
}

TEST_F(CliRecordings, ARecorderSaysThatItsUpstreamIsDown) {
  auto running = record("http://127.0.0.1:1", "r.json");
  const auto answer = http::fetch(running.at, {});
  ASSERT_TRUE(answer.outcome.head);
  EXPECT_EQ(answer.outcome.head->status, 502);
  EXPECT_THAT(answer.body, HasSubstr("cannot connect to http://127.0.0.1:1"));
  ASSERT_TRUE(running.child.signal(SIGINT));
  const auto status = running.child.wait(std::chrono::seconds(60));
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(status->code, 3);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/r.json"));
}

TEST_F(CliRecordings, DecodeSaysThatALineIsTooLong) {
  std::ofstream(folder_ + "/long") << "data: {\"x\":\"" << std::string(std::size_t{17} << 20U, 'x')
                                   << "\"}\n\n";
  expect_refused({"decode", "long"}, 2, "long: line 1 is longer than the 16 MiB that are read of a line");
}

}  // namespace
}  // namespace assay

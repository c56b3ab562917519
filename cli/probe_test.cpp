// assay probe as a program: exit codes, one line for bad input, nothing sent without need, and no key
// anywhere.
#include <filesystem>

#include "cli/cli_fixture.h"
#include "harness/http/test_world.h"
#include "harness/process/child.h"
#include "probe/prove/prove.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "sk-canary-Jw73nKq0XvB5tYhR9dLe";

class ProbeProgram : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-probe-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  process::Completed probe(std::vector<std::string> arguments) const {
    process::ChildOptions options;
    options.argv = {ASSAY_PROGRAM, "probe"};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin", std::string("ASSAY_DATA=") + ASSAY_SOURCE_DIR,
                           "HOME=" + folder_, "PROBE_KEY=" + key_, "EMPTY="};
    options.directory = folder_;
    auto done = process::run_program(std::move(options), std::chrono::seconds(120));
    EXPECT_TRUE(done) << done.error().text();
    return *done;
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& why) const {
    const auto done = probe(arguments);
    EXPECT_EQ(done.status.code, 2) << done.out << done.err;
    EXPECT_THAT(done.err, HasSubstr(why));
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
  }

  std::string folder_;
  std::string key_ = kCanary;
};

TEST_F(ProbeProgram, BadInputIsOneLineAndStatus2) {
  const std::string url = "http://127.0.0.1:9/v1";
  expect_refused({}, "URL is required");
  expect_refused({"127.0.0.1:9"}, "not an http(s) URL");
  expect_refused({url + "?key=x"}, "has no query");
  expect_refused({url, "--protocol", "anthropik"}, "did you mean 'anthropic'");
  expect_refused({url, "--model", "m", "--checks", "stream/nothing"}, "no check matches \"stream/nothing\"");
  expect_refused({url, "--budget", "many"}, "--budget: expected tokens such as 200k-tokens");
  expect_refused({url, "--timeout", "soon"}, "--timeout: expected a duration");
  expect_refused({url, "--key-env", "NOT_SET"}, "the environment variable NOT_SET is not set");
  expect_refused({url, "--key-env", "EMPTY"}, "the environment variable EMPTY is not set");
  expect_refused({url, "--key-file", "missing"}, "missing");
  expect_refused({url, "--header", "Authorization: Bearer x"}, "Authorization is a credential");
  expect_refused({url, "--header", "nothing"}, "expected NAME: VALUE");
  expect_refused({url, "--shard", "3/2"}, "--shard: expected a shard such as 2/4");
  expect_refused({url, "--known", "missing.yaml"}, "missing.yaml");
  expect_refused({url, "--for", "openai-sdkk"}, "did you mean 'openai-sdk'");
}

TEST_F(ProbeProgram, AnEndpointThatIsNotThereIsStatus3) {
  const auto done = probe({"http://127.0.0.1:9/v1", "--model", "m", "--checks", "whole/*"});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
}

// What was found out about one endpoint is not lost with another.
TEST_F(ProbeProgram, AnEndpointThatIsNotThereDoesNotStopTheOthers) {
  auto world = probe::ProofWorld::start(ASSAY_SOURCE_DIR, nlohmann::json::object());
  ASSERT_TRUE(world) << world.error().text();
  const auto target = (*world)->target(stream::Protocol::openai_chat);
  ASSERT_TRUE(target);
  key_ = target->key;
  const auto done =
      probe({"http://127.0.0.1:9", target->name(), "--key-env", "PROBE_KEY", "--checks", "stream/end"});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("http://127.0.0.1:9: "));
  EXPECT_THAT(done.out, HasSubstr("1 pass"));
}

TEST_F(ProbeProgram, ADryRunSendsNothing) {
  http::TestWorld world;
  world.start();
  const auto done = probe({"http://127.0.0.1:" + std::to_string(world.port()), "--dry-run"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("tokens at most"));
  EXPECT_EQ(world.count(JournalKind::request), 0U);
}

TEST_F(ProbeProgram, ARightFakeIsStatus0AndItsReportsAreWritten) {
  auto world = probe::ProofWorld::start(ASSAY_SOURCE_DIR, nlohmann::json::object());
  ASSERT_TRUE(world) << world.error().text();
  const auto target = (*world)->target(stream::Protocol::openai_chat);
  ASSERT_TRUE(target);
  key_ = target->key;
  const auto done = probe({target->name(), "--model", target->model, "--key-env", "PROBE_KEY", "--checks",
                           "stream/end", "--checks", "access/*", "--out", "out", "--for", "openai-sdk"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("openai-sdk (openai-chat)"));
  for (const char* name : {"probe.json", "probe.md", "probe.html", "run.jsonl", "junit.xml"})
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/out/" + name)) << name;
}

// What CI does: known failures, parts that are joined, and a record to compare with.
TEST_F(ProbeProgram, AKnownFailureAnAcceptedEntryAndARecordToCompareWith) {
  auto world = probe::ProofWorld::start(ASSAY_SOURCE_DIR, {{"faults", {"drop-done"}}});
  ASSERT_TRUE(world) << world.error().text();
  const auto target = (*world)->target(stream::Protocol::openai_chat);
  ASSERT_TRUE(target);
  key_ = target->key;
  const std::vector<std::string> common{target->name(), "--model",   target->model,
                                        "--key-env",    "PROBE_KEY", "--checks",
                                        "stream/e*",    "--checks",  "stream/one-id"};
  const auto play = [&](std::vector<std::string> more) {
    more.insert(more.begin(), common.begin(), common.end());
    return probe(std::move(more));
  };
  const auto failed = play({"--out", "first"});
  EXPECT_EQ(failed.status.code, 1) << failed.out << failed.err;

  // The failure is accepted, with a reason; then the probe is green, and nothing drifted.
  process::ChildOptions accept;
  accept.argv = {ASSAY_PROGRAM, "accept", folder_ + "/first/run.jsonl", "--known", folder_ + "/known.yaml"};
  ASSERT_EQ(process::run_program(std::move(accept), std::chrono::seconds(60))->status.code, 0);
  auto known = read_file(folder_ + "/known.yaml");
  ASSERT_TRUE(known);
  const auto reason = known->find("reason: \"\"");
  ASSERT_NE(reason, std::string::npos) << *known;
  known->replace(reason, 10, "reason: relay");
  ASSERT_TRUE(write_file_atomically(folder_ + "/known.yaml", *known));
  const auto green = play({"--known", "known.yaml", "--against", "first/probe.json"});
  EXPECT_EQ(green.status.code, 0) << green.out << green.err;
  EXPECT_THAT(green.out, HasSubstr("1 xfail"));
  EXPECT_THAT(green.out, HasSubstr("drift: none since first/probe.json"));

  // Two shards together are the whole.
  for (const char* i : {"1", "2"})
    (void)play({"--shard", std::string(i) + "/2", "--out", "part" + std::string(i)});
  const auto merge = [&](std::vector<std::string> files) {
    process::ChildOptions options;
    options.argv = {ASSAY_PROGRAM, "report", "merge", "--out", folder_ + "/merged.json"};
    for (const std::string& file : files) options.argv.push_back(folder_ + "/" + file + "/probe.json");
    return process::run_program(std::move(options), std::chrono::seconds(60))->status.code;
  };
  EXPECT_EQ(merge({"part1"}), 3);
  EXPECT_EQ(merge({"part1", "part2"}), 1);
  const auto merged = read_file(folder_ + "/merged.json");
  ASSERT_TRUE(merged);
  for (const char* id : {"stream/end", "stream/events", "stream/one-id"}) EXPECT_THAT(*merged, HasSubstr(id));
}

// The key comes back in every way an endpoint has: body, header, stream, model names.
TEST_F(ProbeProgram, NoOutputHasTheKey) {
  http::TestWorld world;
  world.answer = [](const http::Incoming& in) {
    const bool models = in.request->target.ends_with("/models");
    const std::string* sent = find_header(in.request->headers, "authorization");
    const std::string told = R"({"error":{"message":"bad key )" + (sent == nullptr ? "none" : *sent) +
                             R"(","type":"auth"},"data":[{"id":")" + kCanary + R"("}]})";
    return http::script_of(
        {http::write("HTTP/1.1 " + std::string(models ? "200 OK" : "401 Unauthorized") +
                     "\r\nContent-Type: application/json\r\nX-Key: " + kCanary +
                     "\r\nContent-Length: " + std::to_string(told.size()) + "\r\n\r\n" + told)});
  };
  world.start();
  const auto done = probe({"http://127.0.0.1:" + std::to_string(world.port()), "--key-env", "PROBE_KEY",
                           "--out", "out", "--save", "saved"});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("repeated the API key"));
  EXPECT_THAT(done.out + done.err, Not(HasSubstr(kCanary)));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(kCanary)));
    if (!entry.is_regular_file()) continue;
    const auto text = read_file(entry.path().string());
    ASSERT_TRUE(text);
    EXPECT_THAT(*text, Not(HasSubstr(kCanary))) << entry.path();
    ++files;
  }
  constexpr std::size_t least = 50;
  EXPECT_GT(files, least);
}

}  // namespace
}  // namespace assay

// A whole probe against a server that counts: limits are kept, secrets are not told, and verdicts are what
// the answers make them.
#include "probe/run/probe.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "harness/fixture/inspect.h"
#include "harness/http/test_world.h"
#include "harness/recorder/replayer.h"
#include "probe/prove/prove.h"
#include "probe/report/report.h"
#include "probe/save/save.h"

namespace assay::probe {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "sk-canary-Zx81mQw7TrL09pVbNc4e";

std::string json_answer(const std::string& body, const std::string& status = "200 OK",
                        const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// What a chat costs at most as its server counts: a token a byte of what came, and what it was allowed to
// say.
std::int64_t cost_of(const Request& request) {
  const auto body = parse_untrusted(request.body);
  if (!body.is_object()) return 0;
  const auto said = body.find("max_tokens");
  const std::int64_t most =
      said != body.end() && said->is_number_integer() ? said->get<std::int64_t>() : 4096;
  return static_cast<std::int64_t>(request.body.size()) + most * body.value("n", 1);
}

struct Server : http::TestWorld {
  std::atomic<std::int64_t> tokens{0};
  std::atomic<std::int64_t> requests{0};
  std::string reply =
      json_answer(R"({"error":{"message":"no","type":"invalid_request_error"}})", "400 Bad Request");

  // Answers everything with a turn that reports the most it may cost, `times` over.
  void count_everything(std::int64_t times = 1) {
    answer = [this, times](const http::Incoming& in) {
      const std::int64_t allowed = cost_of(*in.request), cost = allowed * times;
      tokens += allowed;
      ++requests;
      return http::script_of({http::write(json_answer(
          R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",)"
          R"("message":{"role":"assistant","content":"pong"}}],"usage":{"prompt_tokens":)" +
          std::to_string(cost) + R"(,"completion_tokens":0,"total_tokens":)" + std::to_string(cost) +
          "}}"))});
    };
  }
  void reply_always() {
    answer = [this](const http::Incoming&) { return http::script_of({http::write(reply)}); };
  }
};

struct ProbeTest : testing::Test {
  Server server;
  Shapes shapes;
  std::vector<Check> checks;
  Target target;

  void SetUp() override {
    auto loaded = Shapes::load(ASSAY_SOURCE_DIR);
    ASSERT_TRUE(loaded) << loaded.error().text();
    shapes = std::move(*loaded);
    auto all = load_checks(ASSAY_SOURCE_DIR);
    ASSERT_TRUE(all) << all.error().text();
    checks = std::move(*all);
    server.start();
    auto made =
        make_target("http://127.0.0.1:" + std::to_string(server.port()), stream::Protocol::openai_chat);
    ASSERT_TRUE(made) << made.error().text();
    target = std::move(*made);
    target.key = kKey;
    target.model = "m";
  }
  ProbeResult run(const std::vector<std::string>& globs, Cost limit = {1000, 10'000'000}, bool keep = false) {
    const auto chosen = choose_checks(checks, target.protocol, globs);
    EXPECT_TRUE(chosen) << chosen.error().text();
    Budget budget(limit);
    ProbeOptions options;
    options.keep_answers = keep;
    return run_probe(make_plan(*chosen, target, options), target, shapes, budget, options);
  }
};

TEST_F(ProbeTest, TheBudgetOfTokensIsNeverExceeded) {
  server.count_everything();
  constexpr std::int64_t limit = 9000;
  const ProbeResult result = run({}, {1000, limit});
  EXPECT_LE(server.tokens, limit);
  EXPECT_GT(server.tokens, limit / 2);
  EXPECT_GT(result.count(Verdict::inconclusive), 0U);
  EXPECT_THAT(result.checks.back().sentence, HasSubstr("the budget is used up"));
}

// The server counts what it was allowed, and tells ten times as much.
TEST_F(ProbeTest, AnEndpointThatCountsTooMuchDoesNotExceedTheBudget) {
  constexpr std::int64_t times = 10;
  server.count_everything(times);
  for (const std::int64_t limit : {500, 2'000, 9'000, 60'000}) {
    server.tokens = 0;
    const ProbeResult result = run({}, {1000, limit});
    EXPECT_LE(server.tokens, limit);
    EXPECT_LE(result.spent.tokens, limit);
    EXPECT_GT(result.counted, result.spent.tokens);
    EXPECT_THAT(overcount(result), HasSubstr("counts " + std::to_string(result.counted) + " tokens where " +
                                             std::to_string(result.spent.tokens) + " were allowed"));
    Report report{"0", "2026-01-01T00:00:00Z", {}, {}, {}};
    report.results.push_back(result);
    for (const std::string& text : {console_summary(result), render_markdown(report), render_html(report)})
      EXPECT_THAT(text, HasSubstr("too many"));
  }
}

// Nothing is given back to an endpoint that says that its answers cost nothing.
TEST_F(ProbeTest, AnEndpointThatCountsNothingDoesNotExceedTheBudget) {
  server.count_everything(0);
  constexpr std::int64_t limit = 9000;
  const ProbeResult result = run({}, {1000, limit});
  EXPECT_LE(server.tokens, limit);
  EXPECT_GT(server.tokens, limit / 2);
  EXPECT_EQ(overcount(result), "");
}

TEST_F(ProbeTest, TheNumberOfRequestsIsNeverExceeded) {
  server.count_everything();
  run({}, {7, 10'000'000});
  EXPECT_EQ(server.requests, 7);
}

TEST_F(ProbeTest, ThePlanIsNoLessThanWhatIsSent) {
  server.count_everything();
  const auto chosen = choose_checks(checks, target.protocol, {});
  ASSERT_TRUE(chosen);
  const Cost most = most_of(make_plan(*chosen, target, {}));
  run({});
  EXPECT_LE(server.requests, most.requests);
  EXPECT_LE(server.tokens, most.tokens);
}

TEST_F(ProbeTest, ARefusalWithItsStatusIsNoFailure) {
  server.reply_always();
  const ProbeResult result = run({"parameters/logprobs"});
  EXPECT_EQ(result.checks.front().verdict, Verdict::refused);
}

TEST_F(ProbeTest, ABusyEndpointIsNotJudged) {
  server.reply = json_answer(R"({"error":{"message":"slow down"}})", "429 Too Many Requests");
  server.reply_always();
  const ProbeResult result = run({"whole/*", "stream/*", "access/unknown-model"});
  EXPECT_EQ(result.count(Verdict::inconclusive), result.checks.size());
  EXPECT_EQ(exit_of({result}), ExitCode::incomplete);
}

TEST_F(ProbeTest, AnEndpointThatIsNotThereIsNotJudged) {
  server.server.reset();
  const ProbeResult result = run({"whole/*"});
  EXPECT_EQ(result.count(Verdict::inconclusive), result.checks.size());
  EXPECT_THAT(result.checks.front().sentence, HasSubstr("refused"));
}

TEST_F(ProbeTest, AMustThatDoesNotHoldFailsTheProbe) {
  server.reply = json_answer(R"({"choices":[]})");
  server.reply_always();
  const ProbeResult result = run({"whole/shape"});
  EXPECT_EQ(result.checks.front().verdict, Verdict::fail);
  EXPECT_EQ(exit_of({result}), ExitCode::failed);
  EXPECT_THAT(result.checks.front().sentence,
              testing::AllOf(HasSubstr("Sent POST /v1/chat/completions"), HasSubstr("/created is missing"),
                             HasSubstr("has the fields of the API reference"), HasSubstr("https://")));
}

TEST_F(ProbeTest, WhatTheModelDecidesIsARateAndNoFailure) {
  server.count_everything();
  const ProbeResult result = run({"tools/parallel"});
  EXPECT_EQ(result.checks.front().verdict, Verdict::warn);
  EXPECT_EQ(result.checks.front().plays, 3);
  EXPECT_EQ(result.checks.front().held, 0);
  EXPECT_EQ(exit_of({result}), ExitCode::ok);
}

// An endpoint that repeats the key wherever it can, in every answer.
TEST_F(ProbeTest, NoOutputHasTheKey) {
  const std::string told = R"({"error":{"message":"bad key )" + std::string(kKey) +
                           R"(","type":"auth"},"id":")" + kKey + R"(","model":")" + kKey + R"("})";
  for (const char* status : {"200 OK", "401 Unauthorized", "500 Internal Server Error"}) {
    server.reply = json_answer(told, status, "X-Echo: " + std::string(kKey) + "\r\n");
    server.reply_always();
    ProbeResult result = run({}, {1000, 10'000'000}, true);
    const RedactionRules rules = redaction_for(target);
    const std::string folder = testing::TempDir() + "assay-probe-canary";
    std::filesystem::remove_all(folder);
    const auto saved = save(result, folder, rules);
    ASSERT_TRUE(saved) << saved.error().text();
    EXPECT_GT(saved->files, 0U);
    EXPECT_THAT(saved->left_out, testing::IsEmpty());
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto text = read_file(entry.path().string());
      ASSERT_TRUE(text);
      EXPECT_EQ(text->find(kKey), std::string::npos) << entry.path();
      ++files;
    }
    EXPECT_EQ(files, saved->files);
    Report report{"0", "2026-01-01T00:00:00Z", {}, {}, {}};
    std::string console;
    for (const CheckResult& check : result.checks) console += console_line(check, true);
    console += console_summary(result);
    report.results.push_back(std::move(result));
    for (const std::string& text :
         {console, to_json(report).dump(), render_markdown(report), render_html(report)})
      EXPECT_THAT(text, Not(HasSubstr(kKey)));
    std::filesystem::remove_all(folder);
  }
}

// A recording that assay serve --fixture would refuse is none.
TEST_F(ProbeTest, WhatIsSavedCanBeReplayed) {
  auto world = ProofWorld::start(ASSAY_SOURCE_DIR, nlohmann::json::object());
  ASSERT_TRUE(world) << world.error().text();
  auto made = (*world)->target(stream::Protocol::openai_chat);
  ASSERT_TRUE(made);
  target = *made;
  const std::string folder = testing::TempDir() + "assay-probe-replay";
  std::filesystem::remove_all(folder);
  const auto saved =
      save(run({"stream/*", "whole/*"}, {1000, 1'000'000}, true), folder, redaction_for(target));
  ASSERT_TRUE(saved) << saved.error().text();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto fixture = read_fixture(entry.path().string());
    ASSERT_TRUE(fixture) << fixture.error().text();
    for (const assay::Finding& found : assay::lint(*fixture, default_redaction_rules()))
      EXPECT_NE(found.severity, assay::Finding::Severity::error) << entry.path() << ": " << found.message;
    Journal journal{server.clock};
    const auto replayer = Replayer::make(fixture->exchanges, {}, journal);
    EXPECT_TRUE(replayer) << replayer.error().text();
  }
  std::filesystem::remove_all(folder);
}

TEST_F(ProbeTest, ARecordIsReadBack) {
  server.count_everything();
  const Report report{"0.1", "2026-01-01T00:00:00Z", {run({"tools/parallel", "whole/*"})}, {"a note"}, "1/2"};
  const auto again = report_from_json(to_json(report));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(to_json(*again), to_json(report));
}

TEST_F(ProbeTest, ShardsHaveEveryCheckOnce) {
  const auto chosen = choose_checks(checks, target.protocol, {});
  ASSERT_TRUE(chosen);
  const auto plan = make_plan(*chosen, target, {});
  std::vector<std::uint64_t> seen;
  for (std::uint64_t i = 1; i <= 3; ++i)
    for (const PlannedCheck& planned : shard_of(plan, i, 3)) seen.push_back(planned.index);
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), plan.size());
  for (std::uint64_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i);
}

TEST_F(ProbeTest, DriftTellsTheFieldsThatChanged) {
  const std::string folder = testing::TempDir() + "assay-probe-drift";
  std::filesystem::remove_all(folder);
  const RedactionRules rules = redaction_for(target);
  server.reply = json_answer(R"({"id":"1","object":"chat.completion","usage":{"total_tokens":1}})");
  server.reply_always();
  ASSERT_TRUE(save(run({"whole/shape"}, {9, 9000}, true), folder, rules));
  const auto none = drift(run({"whole/shape"}, {9, 9000}, true), folder, rules);
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_THAT(*none, testing::IsEmpty());
  server.reply = json_answer(R"({"id":2,"object":"chat.completion","usage":{}})");
  const auto some = drift(run({"whole/shape"}, {9, 9000}, true), folder, rules);
  ASSERT_TRUE(some) << some.error().text();
  EXPECT_THAT(
      *some, testing::UnorderedElementsAre("whole/shape answer 0: no longer body /id: string",
                                           "whole/shape answer 0: no longer body /usage/total_tokens: number",
                                           "whole/shape answer 0: new body /id: number"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace assay::probe

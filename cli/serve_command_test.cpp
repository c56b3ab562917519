// `assay serve -- COMMAND`: what the program is given, how it ends, and what is left of it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ServeCommand : public Cli {
 protected:
  ServeCommand() { data_ = ASSAY_SOURCE_DIR; }
};

TEST_F(ServeCommand, GetsTheExportsAndGivesItsStatus) {
  const std::string ask =
      "curl -q -s -o answer.json -w '%{http_code}' -H \"Authorization: Bearer $OPENAI_API_KEY\" "
      "-H 'Content-Type: application/json' -d '{\"model\":\"kimi-k2.6\",\"messages\":[]}' "
      "$OPENAI_BASE_URL/chat/completions; exit 7";
  const auto done = assay({"serve", "--scenario", "overloaded", "--", "sh", "-c", ask});
  EXPECT_EQ(done.status.code, 7) << done.err;
  EXPECT_EQ(done.out, "503") << "stdout is the command's alone";
  EXPECT_THAT(done.err, AllOf(HasSubstr("sh runs with your rights, not in a cell"), Not(HasSubstr("POST"))));
}

// A script of a test that does not fit the traffic fails the test, and says what would have fitted.
TEST_F(ServeCommand, InAStrictWorldWhatDoesNotFitFailsACommandThatSucceeded) {
  std::ofstream(folder_ + "/world.yaml") << R"(provider: openai
strict: true
inference:
  rules:
    - {method: POST, path: chat, body: {/model: gpt-a}, turn: pong}
    - {method: GET, path: /v1/models}
)";
  const auto ask = [&](const std::string& model) {
    return assay({"serve", "--world", "world.yaml", "--", "sh", "-c",
                  "curl -q -s -o answer.json -w '%{http_code}' -H \"Authorization: Bearer $OPENAI_API_KEY\" "
                  "-H 'Content-Type: application/json' -d '{\"model\":\"" +
                      model +
                      "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}' "
                      "$OPENAI_BASE_URL/chat/completions"});
  };
  const auto wrong = ask("gpt-b");
  EXPECT_EQ(wrong.status.code, 1) << wrong.err;
  EXPECT_EQ(wrong.out, "404");
  EXPECT_THAT(wrong.err,
              AllOf(HasSubstr("strict: inference: POST /v1/chat/completions: no rule is for it; nearest is "
                              "rule 1: body /model is \"gpt-b\""),
                    HasSubstr("inference: rule 2 was never used")));
  const auto right = ask("gpt-a");
  EXPECT_EQ(right.out, "200") << right.err;
  EXPECT_EQ(right.status.code, 1) << "rule 2 is still unused";
  EXPECT_THAT(right.err, Not(HasSubstr("no rule is for it")));
}

TEST_F(ServeCommand, WithTlsTheExportsNameAnAuthorityThatClientsCanTrust) {
  const char* ask = R"(echo $OPENAI_BASE_URL $SSL_CERT_FILE
curl -q -s -o models.json -w '%{http_code}\n' -H "Authorization: Bearer $OPENAI_API_KEY" $OPENAI_BASE_URL/models
unset CURL_CA_BUNDLE SSL_CERT_FILE
curl -q -s $OPENAI_BASE_URL/models
echo $?)";
  const auto done = assay({"serve", "--tls", "--", "sh", "-c", ask});
  EXPECT_EQ(done.status.code, 0) << done.err;
  const std::string file =
      done.out.substr(done.out.find(' ') + 1, done.out.find('\n') - done.out.find(' ') - 1);
  EXPECT_THAT(done.out, AllOf(testing::StartsWith("https://127.0.0.1:"), HasSubstr("\n200\n"),
                              testing::EndsWith("\n60\n")))
      << "60 is curl's word for a certificate that it does not trust";
  EXPECT_FALSE(std::filesystem::exists(file)) << file;
}

TEST_F(ServeCommand, ASignalThatEndsItIsSaidAsAShellSaysIt) {
  EXPECT_EQ(assay({"serve", "--", "sh", "-c", "kill -9 $$"}).status.code, 128 + SIGKILL);
}

TEST_F(ServeCommand, WhatCannotBeStartedIsSaid) {
  const auto done = assay({"serve", "--", "./no-such-program"});
  EXPECT_EQ(done.status.code, 2);
  EXPECT_THAT(done.err, HasSubstr("cannot start ./no-such-program: No such file or directory"));
}

TEST_F(ServeCommand, AWordThatStandsBeforeTheDashesIsNoCommand) {
  const auto done = assay({"serve", "pytest"});
  EXPECT_EQ(done.status.code, 2);
  EXPECT_THAT(done.err, HasSubstr("a program to run stands after --"));
}

TEST_F(ServeCommand, TerminatingItTerminatesTheCommand) {
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "serve", "--", "sh", "-c", "echo up; exec sleep 1000"};
  options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + data_, "HOME=" + folder_};
  options.directory = folder_;
  options.lines = true;
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  const auto up = child->read_line(std::chrono::seconds(20));
  ASSERT_TRUE(up && *up) << child->text(process::Stream::err);
  ASSERT_TRUE(child->signal(SIGTERM));
  const auto ended = child->wait(std::chrono::seconds(20));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, 128 + SIGTERM);
}

// A second of the command is a twentieth of the machine's; the fakes live in the same time.
TEST_F(ServeCommand, InCaseTimeItSharesTheClockOfTheFakes) {
  const auto begin = std::chrono::steady_clock::now();
  const auto done = assay({"serve", "--time", "x20", "--", "sh", "-c",
                           "sleep 20; curl -q -s $ASSAY_ADMIN_URL/worlds/default/clock"});
  if (done.err.find("ptrace is forbidden") != std::string::npos) GTEST_SKIP() << done.err;
  ASSERT_EQ(done.status.code, 0) << done.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  const auto clock = nlohmann::json::parse(done.out);
  EXPECT_GE(clock.at("elapsed_us").get<std::int64_t>(), 20'000'000);
}

TEST_F(ServeCommand, WithoutACommandItEndsWithItsStandardInput) {
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "serve", "--quiet", "--end-with-stdin"};
  options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + data_, "HOME=" + folder_};
  options.stdin_mode = process::StdinMode::pipe;
  options.lines = true;
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  const auto up = child->read_line(std::chrono::seconds(20));
  ASSERT_TRUE(up && *up) << child->text(process::Stream::err);
  EXPECT_TRUE(child->running());
  child->close_stdin();
  const auto ended = child->wait(std::chrono::seconds(20));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, 0);
}

}  // namespace
}  // namespace assay

// `assay serve -- COMMAND`: what the program is given, how it ends, and what is left of it.
#include <csignal>
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

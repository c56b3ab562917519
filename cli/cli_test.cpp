// The program as a colleague meets it: what it prints and how it exits, above all when something is wrong.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "cli/cli_fixture.h"
#include "reports/record/reader.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(Cli, RunWritesARecordAndSaysWhere) {
  const auto done = assay({"run", "--out", "out"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("out/run.jsonl"));
  const std::string record = read_file(folder_ + "/out/run.jsonl").value();
  EXPECT_THAT(record, AllOf(HasSubstr(R"("case":"demo/models/live")"), HasSubstr(R"("verdict":"pass")"),
                            HasSubstr(R"("type":"footer")")));
  EXPECT_TRUE(fs::exists(folder_ + "/out/junit.xml"));
  EXPECT_THAT(done.out + done.err, Not(HasSubstr("\033[")));
}

TEST_F(Cli, AFailingMutantIsExitOneAndOneScreen) {
  const auto done = assay({"run", "--client", "mutant:seeds-hide-live", "--out", "out"});
  // The demo's check holds under this mutant or fails: either way the status agrees with the record.
  const std::string record = read_file(folder_ + "/out/run.jsonl").value();
  EXPECT_EQ(done.status.code, record.find(R"("verdict":"pass")") != std::string::npos ? 0 : 1) << done.out;
}

TEST_F(Cli, WrongCaseFilesAreUsageErrorsWithALine) {
  const struct {
    std::string text;
    const char* why;
  } table[] = {
      {with("cases:", "cases: ["), "demo.yaml:"},
      {with("requires:", "require:"), "demo.yaml:5: unknown key 'require'"},
      {with("    title: The live list wins", "    title: a\n    title: b"),
       "demo.yaml:5: duplicate key 'title'"},
      {with("requires: [models]", "world: {provider: nowhere}"), "unknown provider 'nowhere'"},
      {with("requires: [models]", "world: {inference: {fixture: missing.json}}"), "missing.json"},
      {with("requires: [models]", "world: {inference: {faults: [nonsense]}}"), "nonsense"},
      {with("requires: [models]", "world: {inference: {no_such_setting: 1}}"), "no_such_setting"},
      {with("requires: [models]", "browser: {sendafter: 1s}"), "sendafter"},
      {with("requires: [models]", "emulate: [nonsense]"), "nonsense"},
      {with("requires: [models]", "emulate: [disk]"), "disk needs a value"},
      {with("requires: [models]", "emulate: [{disk: 5000}]"), "whole pages of 4KiB"},
      {with("requires: [models]", "emulate: [{clock: soon}]"), "as in +2h or -90s"},
      {with("requires: [models]", "emulate: opener"), "expected a list"},
  };
  for (const auto& row : table) {
    write_case(row.text);
    expect_refused({"run", "--out", "out"}, 2, row.why);
    EXPECT_FALSE(fs::exists(folder_ + "/out/run.jsonl")) << row.text;
  }
}

TEST_F(Cli, WrongArgumentsAreUsageErrors) {
  expect_refused({"run", "demo/models/life"}, 2,
                 "no case matches \"demo/models/life\" (did you mean demo/models/live?)");
  expect_refused({"run", "--client", "referense"}, 2, "did you mean 'reference'");
  expect_refused({"run", "--client", "mutant:nonsense"}, 2, "unknown mutant 'nonsense'");
  expect_refused({"run", "--shard", "5/4"}, 2, "expected a shard such as 2/4");
  expect_refused({"explain", "nothing"}, 2, "no case matches");
  EXPECT_EQ(assay({"run", "--no-such-flag"}).status.code, 2);
  EXPECT_EQ(assay({"nonsense"}).status.code, 2);
}

TEST_F(Cli, ABrokenAdapterIsAnErrorAndNeverAFailedCheck) {
  const struct {
    std::string argv;
    const char* why;
  } table[] = {
      {program("garbage", "#!/bin/sh\necho garbage\n"), "expected the hello"},
      {program("silent-end", "#!/bin/sh\necho oops >&2\nexit 3\n"), "ended without a hello"},
      {program("garbage-later",
               "#!/bin/sh\necho "
               "'{\"hello\":{\"protocol\":[1],\"client\":\"x\",\"version\":\"1\",\"role\":\"provider\","
               "\"capabilities\":[\"models\"]}}'\n"
               "read line\necho garbage\nread line\n"),
       "expected a JSON object, found: garbage"},
      {program("old", "#!/bin/sh\necho '{\"hello\":{\"protocol\":1}}'\n"),
       "'protocol' of its hello must be a list of versions such as [1], found 1"},
  };
  for (const auto& row : table) {
    const auto done = assay({"run", "--no-start-check", "--out", "out", "--adapter", row.argv});
    EXPECT_EQ(done.status.code, 3) << row.why << done.out << done.err;
    const std::string record = read_file(folder_ + "/out/run.jsonl").value();
    EXPECT_THAT(record, AllOf(HasSubstr(R"("verdict":"error")"), HasSubstr(row.why))) << row.argv;
    // At once: the deadline of an operation is 15 s.
    EXPECT_LT(read_record(folder_ + "/out/run.jsonl")->cases.at(0).duration_us, 14'000'000) << row.argv;
  }
}

TEST_F(Cli, AnAdapterThatNeverAnswersTimesOut) {
  write_case(with("{as: M}", "{as: M, deadline: 200ms}"));
  const std::string silent =
      program("silent",
              "#!/bin/sh\necho "
              "'{\"hello\":{\"protocol\":[1],\"client\":\"x\",\"version\":\"1\",\"role\":\"provider\","
              "\"capabilities\":[\"models\"]}}'\nwhile read line; do :; done\n");
  const auto done = assay({"run", "--no-start-check", "--out", "out", "--adapter", silent});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  EXPECT_THAT(read_file(folder_ + "/out/run.jsonl").value(), HasSubstr(R"("verdict":"timeout")"));
}

TEST_F(Cli, ABusyPortWithoutCellsCouldNotRun) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  write_case(with("requires: [models]", "world: {ports_busy: [" + port + "]}"));
  const auto done = assay({"run", "--out", "out", "--no-cells"});
  close(fd);
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(read_file(folder_ + "/out/run.jsonl").value(),
              AllOf(HasSubstr(R"("verdict":"could-not-run")"), HasSubstr(port)));
}

TEST_F(Cli, ExplainTellsRequirementWorldAndCommand) {
  const auto done = assay({"explain", "demo/models/live"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("The live list wins"), HasSubstr("Required (must)"),
                              HasSubstr("assay run demo/models/live"), HasSubstr("demo.yaml:3")));
}

TEST_F(Cli, ListShowsCasesFaultsAndMutants) {
  EXPECT_THAT(assay({"list"}).out, HasSubstr("demo/models/live"));
  const std::string faults = assay({"list", "faults"}).out;
  EXPECT_THAT(faults, AllOf(HasSubstr("rst"), HasSubstr("(lossless)")));
  for (const auto line : split(faults, '\n')) EXPECT_LE(line.size(), 100u) << line;
  EXPECT_THAT(assay({"list", "mutants"}).out, HasSubstr("nonblocking-callback-reader"));
}

TEST_F(Cli, RecordOfNothingIsIncompleteAndWritesNothing) {
  const std::string out = folder_ + "/recorded.json";
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "record", "--upstream", "http://127.0.0.1:1", "--out", out};
  options.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_};
  options.directory = folder_;
  options.lines = true;
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  const auto line = child->read_line(std::chrono::seconds(30));
  ASSERT_TRUE(line) << line.error().text();
  EXPECT_THAT(line->value_or(""), HasSubstr("records http://127.0.0.1:1; interrupt to write"));
  ASSERT_TRUE(child->signal(SIGINT));
  const auto status = child->wait(std::chrono::seconds(30));
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(status->code, 3);
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(Cli, RecordRefusesWrongArguments) {
  expect_refused({"record", "--upstream", "ftp://x", "--out", "new.json"}, 2, "not an http(s) URL");
  expect_refused({"record", "--upstream", "http://x/path", "--out", "new.json"}, 2, "without a path");
  expect_refused({"record", "--upstream", "http://x", "--out", "fixtures"}, 2, "exists already");
  expect_refused({"record", "--upstream", "http://x", "--out", "new.json", "--host", "x"}, 2,
                 "not a literal address");
}

}  // namespace
}  // namespace assay

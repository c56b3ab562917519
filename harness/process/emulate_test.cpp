#include "harness/process/emulate.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "harness/base/unique_fd.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"
#include "harness/process/patience.h"

namespace assay::process {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string beside(const char* program) {
  return std::filesystem::path(own_executable()).parent_path() / program;
}

ChildOptions probe(const char* what, const Emulation& emulation) {
  ChildOptions options;
  options.argv = {beside("shim_probe"), what};
  options.environment = emulation_environment(emulation).value();
  // A sanitized program wants its own runtime to be loaded first.
  options.environment.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0");
  options.lines = true;
  return options;
}

UniqueFd connect_to(const std::string& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  return fd;
}

// True as soon as the process sleeps (in the read that it was about to make) or has ended.
bool sleeps(pid_t pid) {
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (std::chrono::steady_clock::now() < until) {
    const auto found = find_process(pid);
    if (!found || found->state == 'S' || found->state == 'Z') return true;
  }
  return false;
}

// What the listener says when the browser connects and sends its request only when the listener waits for it.
std::string late_request(const char* listener, const Emulation& emulation) {
  auto child = Child::start(probe(listener, emulation));
  if (!child) return child.error().text();
  const UniqueFd browser = connect_to(child->read_line(kLong)->value_or("0"));
  if (child->read_line(kLong)->value_or("") != "accepted") return "never accepted";
  if (!sleeps(child->pid())) return "never slept";
  (void)!::send(browser.get(), "hello", 5, MSG_NOSIGNAL);
  return child->read_line(kLong)->value_or("nothing");
}

TEST(AcceptShim, AListenerThatPassesOnItsFlagFailsEveryTime) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(late_request("listen-wrong", {{"accept-inherits-nonblocking"}, {}}),
              "Resource temporarily unavailable")
        << i;
  }
}

TEST(AcceptShim, ACorrectListenerSucceedsEveryTime) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(late_request("listen-right", {{"accept-inherits-nonblocking"}, {}}), "read 5") << i;
  }
}

TEST(AcceptShim, WithoutItLinuxHidesTheFault) {
  EXPECT_EQ(late_request("listen-wrong", {}), "read 5");
}

TEST(EintrShim, InterruptsEveryThirdBlockingCall) {
  auto options = probe("count-interrupts", {{"eintr"}, {}});
  EXPECT_EQ(run_program(options, kLong)->out, "10 10\n");
  EXPECT_EQ(run_program(probe("count-interrupts", {}), kLong)->out, "0 0\n");
}

TEST(EintrShim, AnInterruptedConnectCanBeRepeated) {
  const auto done = run_program(probe("connect-again", {{"eintr"}, {}}), kLong);
  EXPECT_EQ(done->status, ExitStatus{});
  EXPECT_NE(done->out, "0\n");
}

TEST(ShortIoShim, MovesAFewBytesAtATime) {
  EXPECT_EQ(run_program(probe("move-a-thousand", {{"short-io"}, {}}), kLong)->out, "13 13 13\n");
  EXPECT_EQ(run_program(probe("move-a-thousand", {}), kLong)->out, "1000 1000 1000\n");
}

TEST(ClockOffset, MovesTheWallClockOfAProgram) {
  const Emulation month{{}, std::chrono::hours(24 * 30)};
  if (const auto possible = emulation_environment(month); !possible) GTEST_SKIP() << possible.error().text();
  const auto done = run_program(probe("time", month), kLong);
  ASSERT_TRUE(done);
  ASSERT_FALSE(done->out.empty());
  EXPECT_NEAR(static_cast<double>(std::stoll(done->out) - std::time(nullptr)), 30.0 * 86400, 60);
}

TEST(Emulation, NamesTheShimsThereAre) {
  EXPECT_THAT(shim_library("acept").error().message,
              AllOf(HasSubstr("accept-inherits-nonblocking, eintr, short-io"), HasSubstr("\"acept\"")));
  EXPECT_THAT(emulation_environment({})->size(), 0);
  for (const ShimInfo& shim : shims()) EXPECT_TRUE(shim_library(shim.name)) << shim.name;
}

TEST(Preload, ReachesDynamicProgramsOnly) {
  const std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};
  EXPECT_TRUE(can_preload(beside("shim_probe"), environment));
  EXPECT_TRUE(can_preload("env", environment));
  EXPECT_EQ(can_preload(beside("static_probe"), environment).error().message,
            beside("static_probe") + " is statically linked: nothing can be preloaded");
  EXPECT_FALSE(can_preload("/etc/passwd", environment));
  EXPECT_FALSE(can_preload("no-such-program", environment));
}

TEST(Preload, JudgesAScriptByItsInterpreter) {
  const std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};
  const std::string folder = testing::TempDir() + "assay-scripts-" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const auto script = [&](const std::string& first_line) {
    const std::string path = folder + "/script";
    std::ofstream(path) << first_line << "\n";
    ::chmod(path.c_str(), 0700);
    return can_preload(path, environment);
  };
  EXPECT_TRUE(script("#!/bin/sh -e"));
  EXPECT_TRUE(script("#!/usr/bin/env sh"));
  EXPECT_TRUE(script("#!/usr/bin/env -S A=1 sh"));
  EXPECT_THAT(script("#!" + beside("static_probe")).error().message, HasSubstr("statically linked"));
  EXPECT_THAT(script("#!/usr/bin/env nothing-of-that-name").error().message, HasSubstr("No such file"));
  EXPECT_FALSE(script("#!" + folder + "/script"));  // itself, for ever
  EXPECT_FALSE(script("#!"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace assay::process

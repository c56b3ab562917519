// What a program in a sandbox can see and do. The worker of the tests runs each command in a sandbox of its
// own inside one cell.
#include "harness/process/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/process/cell.h"
#include "harness/process/patience.h"

namespace assay::process {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// Shell: waits until a process inside has become `sleep`.
const std::string kUntilItSleeps = "until grep -qsx sleep /proc/[0-9]*/comm; do :; done";

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto cells = cells_available();
    if (cells.kind == CellsAnswer::forbidden) GTEST_SKIP() << cells.reason;
    ASSERT_EQ(cells.kind, CellsAnswer::possible) << cells.reason;
    auto cell = Cell::start({}, {std::filesystem::path(own_executable()).parent_path() / "cell_probe"});
    ASSERT_TRUE(cell) << cell.error().text();
    cell_.emplace(std::move(*cell));
  }
  // What the command printed, lines ended by ";", and "left NAME;" for each process that outlived it.
  std::string run(const std::string& command) {
    return cell_->request("sandbox " + command, kLong).value_or("no answer");
  }
  std::optional<Cell> cell_;
};

TEST_F(SandboxTest, AProgramSeesNoProcessButItsOwn) {
  EXPECT_EQ(run("cd /proc; for p in [0-9]*; do [ -e $p/stat ] && echo $p; done"), "1;2;");
}

TEST_F(SandboxTest, SignalsToEverybodyReachNobody) {
  EXPECT_EQ(run("kill -9 -1 2>/dev/null; kill -STOP 1; kill -9 1; echo here"), "here;");
  EXPECT_EQ(cell_->request("uid", kLong).value_or(""), "1000 1000");
}

TEST_F(SandboxTest, AProgramHasNoCapabilityAndCannotGainAny) {
  EXPECT_EQ(run("grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr -d '\\t '"),
            "CapInh:0000000000000000;CapPrm:0000000000000000;CapEff:0000000000000000;"
            "CapBnd:0000000000000000;CapAmb:0000000000000000;NoNewPrivs:1;");
}

TEST_F(SandboxTest, TheMemoryOfPidOneIsClosed) {
  EXPECT_THAT(run("cat /proc/1/environ; cat /proc/1/mem | head -c 1; ls /proc/1/fd"),
              testing::Not(testing::ContainsRegex("PATH|\\.$")));
  EXPECT_THAT(run("cat /proc/1/environ"), HasSubstr("Permission denied"));
}

TEST_F(SandboxTest, WhateverIsAliveWhenTheProgramEndsIsLeftBehind) {
  EXPECT_EQ(run("sleep 60 >/dev/null 2>&1 & " + kUntilItSleeps), "left sleep;");
  EXPECT_EQ(run("setsid sleep 60 >/dev/null 2>&1 </dev/null & " + kUntilItSleeps), "left sleep;");
  // A daemon: a session of its own, and its parent has ended.
  EXPECT_EQ(run("(setsid sleep 60 >/dev/null 2>&1 </dev/null &) ; " + kUntilItSleeps), "left sleep;");
  EXPECT_EQ(run("setsid true; true"), "");
}

TEST_F(SandboxTest, NoProcessOfOneSandboxIsAliveInTheNext) {
  EXPECT_EQ(run("setsid sleep 60 >/dev/null 2>&1 </dev/null & " + kUntilItSleeps), "left sleep;");
  EXPECT_EQ(cell_->request("processes", kLong).value_or(""), "1S 2R ");
}

TEST_F(SandboxTest, OrphansAreReaped) {
  EXPECT_EQ(
      run("(sleep 0 & exec sleep 0.01) ; while grep -qs sleep /proc/[0-9]*/comm; do :; done; echo none"),
      "none;");
}

TEST_F(SandboxTest, SandboxesInsideArePossible) {
  EXPECT_EQ(run("unshare -Urpf --mount-proc sh -c 'id -u; echo $$'"), "0;1;");
}

TEST_F(SandboxTest, ATerminalHasItsNameInTheSandbox) {
  EXPECT_EQ(cell_->request("terminal tty; test -w \"$(tty)\" && echo own >/dev/tty; ls /dev/pts", kLong)
                .value_or(""),
            "/dev/pts/0\r;own\r;0  ptmx\r;");
}

TEST_F(SandboxTest, IsMadeInsideACellOnly) {
  EXPECT_EQ(Sandbox::make().error().message, "not inside a cell");
}

}  // namespace
}  // namespace assay::process

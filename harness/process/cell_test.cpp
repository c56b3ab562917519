#include "harness/process/cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "harness/base/unique_fd.h"
#include "harness/process/patience.h"

namespace assay::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> probe() {
  return {std::filesystem::path(own_executable()).parent_path() / "cell_probe"};
}

UniqueFd pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool ended_within(const UniqueFd& process, Micros deadline) {
  pollfd wait{process.get(), POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(deadline.count() / 1000)) == 1;
}

// Every process whose parents lead to `root`, by its number here.
std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> out = {root};
  const auto all = list_processes();
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const ProcessInfo& p : all) {
      if (p.parent == out[i]) out.push_back(p.pid);
    }
  }
  return out;
}

class CellTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto cells = cells_available();
    if (cells.kind == CellsAnswer::forbidden) GTEST_SKIP() << cells.reason;
    ASSERT_EQ(cells.kind, CellsAnswer::possible) << cells.reason;
  }
  static Cell make(const CellOptions& options = {}) {
    auto cell = Cell::start(options, probe());
    EXPECT_TRUE(cell) << cell.error().text();
    return std::move(cell).value();
  }
};

TEST_F(CellTest, AFixedPortIsFreeInEachOfTwoCells) {
  Cell a = make(), b = make();
  EXPECT_EQ(a.request("listen 127.0.0.1 1456", kLong).value(), "ok");
  EXPECT_EQ(b.request("listen 127.0.0.1 1456", kLong).value(), "ok");
  EXPECT_EQ(a.request("listen 127.0.0.1 1456", kLong).value(), "Address already in use");
  EXPECT_EQ(a.request("listen 127.0.0.1 443", kLong).value(), "ok");
}

TEST_F(CellTest, NothingOutsideCanBeReached) {
  Cell cell = make();
  EXPECT_EQ(cell.request("connect 192.0.2.1 443", kLong).value(), "Network is unreachable");
  EXPECT_EQ(cell.request("connect 8.8.8.8 53", kLong).value(), "Network is unreachable");
  EXPECT_EQ(cell.request("connect 127.0.0.1 80", kLong).value(), "Connection refused");
}

TEST_F(CellTest, CatchAllMakesEveryAddressLocal) {
  CellOptions options;
  options.catch_all = true;
  Cell cell = make(options);
  EXPECT_EQ(cell.request("connect 192.0.2.1 443", kLong).value(), "Connection refused");
  EXPECT_EQ(cell.request("listen 0.0.0.0 443", kLong).value(), "ok");
  EXPECT_EQ(cell.request("connect 192.0.2.1 443", kLong).value(), "ok");
  EXPECT_EQ(cell.request("connect 203.0.113.77 443", kLong).value(), "ok");
}

TEST_F(CellTest, WhatIsWrittenStaysInside) {
  const std::string name = "/assay-cell-test-" + std::to_string(::getpid());
  Cell cell = make();
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
    EXPECT_EQ(cell.request("create " + (folder + name), kLong).value(), "ok") << folder;
    EXPECT_FALSE(std::filesystem::exists(folder + name)) << folder;
  }
  EXPECT_EQ(cell.request("create /etc" + name, kLong).value(), "Read-only file system");
  EXPECT_EQ(cell.request("create /usr" + name, kLong).value(), "Read-only file system");
  EXPECT_EQ(cell.request("create /home" + name, kLong).value(), "Read-only file system");
}

TEST_F(CellTest, TheWorkerIsNoRootAndGetsOnlyItsEnvironment) {
  CellOptions options;
  options.environment = {"A=1"};
  Cell cell = make(options);
  EXPECT_EQ(cell.request("uid", kLong).value(), "1000 1000");
  EXPECT_EQ(cell.request("env", kLong).value(), "A=1 ");
}

TEST_F(CellTest, ProgramsThatTheWorkerStartsHaveNoCapability) {
  Cell cell = make();
  EXPECT_EQ(cell.request("child-capabilities", kLong).value(), "CapEff:\t0000000000000000");
}

TEST_F(CellTest, OrphansAreReapedByPidOne) {
  Cell cell = make();
  ASSERT_EQ(cell.request("orphan-that-ends", kLong).value(), "ok");
  // Nothing tells when pid 1 has reaped; an orphan that is not reaped stays in sight for ever.
  const auto until = std::chrono::steady_clock::now() + kLong;
  std::string seen;
  do {
    seen = cell.request("processes", kLong).value();
  } while (seen != "1S 2R " && std::chrono::steady_clock::now() < until);
  EXPECT_EQ(seen, "1S 2R ");
}

TEST_F(CellTest, SaysHowTheWorkerEnded) {
  Cell exits = make(), aborts = make(), hangs = make();
  EXPECT_EQ(exits.request("exit 3", kLong).error().message, "the worker of the cell ended: exit 3");
  EXPECT_EQ(exits.wait(kLong), (ExitStatus{3, 0}));
  EXPECT_EQ(aborts.request("abort", kLong).error().message,
            "the worker of the cell ended: signal 6 (Aborted)");
  EXPECT_EQ(hangs.request("hang", milliseconds(50)).error().message,
            "timed out after 50ms waiting for a line of the worker");
}

TEST_F(CellTest, EndsInOrderWhenItsInputEnds) {
  Cell cell = make();
  cell.close_input();
  EXPECT_EQ(cell.wait(kLong), ExitStatus{});
}

TEST_F(CellTest, CarriesLongLines) {
  Cell cell = make();
  EXPECT_EQ(cell.request("nothing " + std::string(3'000'000, 'x'), kLong).value(), "");
  EXPECT_FALSE(cell.send("two\nlines", kLong));
}

TEST_F(CellTest, SaysWhichWorkerCouldNotBeExecuted) {
  EXPECT_EQ(Cell::start({}, {"/no/such/worker"}).error().message,
            "no cell: cannot execute the worker: No such file or directory");
}

TEST_F(CellTest, TheDestructorLeavesNoProcess) {
  std::vector<UniqueFd> inside;
  {
    Cell cell = make();
    ASSERT_EQ(cell.request("orphan", kLong).value(), "ok");
    for (const pid_t pid : descendants(cell.pid())) inside.push_back(pidfd(pid));
    ASSERT_GE(inside.size(), 3U);
  }
  for (const UniqueFd& process : inside) EXPECT_TRUE(ended_within(process, milliseconds(0)));
}

TEST_F(CellTest, KillingPidOneEndsTheCell) {
  Cell cell = make();
  ASSERT_EQ(cell.request("orphan", kLong).value(), "ok");
  std::vector<UniqueFd> inside;
  for (const pid_t pid : descendants(cell.pid())) inside.push_back(pidfd(pid));
  ASSERT_EQ(::kill(cell.pid(), SIGKILL), 0);
  for (const UniqueFd& process : inside) EXPECT_TRUE(ended_within(process, kLong));
  EXPECT_FALSE(cell.request("uid", kLong));
}

// A runner is forked that makes a cell, tells us so and waits; then it is killed.
TEST_F(CellTest, KillingTheRunnerLeavesNoProcessAndNoPort) {
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t runner = ::fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    auto cell = Cell::start({}, probe());
    const bool up = cell && cell->request("listen 127.0.0.1 1456", kLong).value_or("") == "ok" &&
                    cell->request("orphan", kLong).value_or("") == "ok";
    (void)!::write(told[1], up ? "y" : "n", 1);
    while (true) ::pause();
  }
  char up = 0;
  ASSERT_EQ(::read(told[0], &up, 1), 1);
  ASSERT_EQ(up, 'y');
  std::vector<UniqueFd> inside;
  for (const pid_t pid : descendants(runner)) inside.push_back(pidfd(pid));
  ASSERT_GE(inside.size(), 4U);  // runner, pid 1, worker, orphan
  ASSERT_EQ(::kill(runner, SIGKILL), 0);
  for (const UniqueFd& process : inside) EXPECT_TRUE(ended_within(process, kLong));
  ::waitpid(runner, nullptr, 0);
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(CellTest, ManyThreadsMakeCellsAtOnce) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> good{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        auto cell = Cell::start({}, probe());
        if (cell && cell->request("listen 127.0.0.1 1456", kLong).value_or("") == "ok") ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 20);
}

TEST_F(CellTest, OutlivesTheThreadThatMadeIt) {
  Result<Cell> cell = fail("not started");
  std::thread([&] { cell = Cell::start({}, probe()); }).join();
  ASSERT_TRUE(cell);
  EXPECT_EQ(cell->request("uid", kLong).value(), "1000 1000");
}

}  // namespace
}  // namespace assay::process

#include "harness/process/cell_attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "harness/process/cell.h"

namespace assay::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// A machine that refuses what it is told to, and whose time passes only while somebody rests.
struct Double {
  std::map<std::string, std::string> settings;
  std::vector<NoCell> refusals;  // one an attempt; then it succeeds
  Micros attempt_takes{0};
  std::size_t attempts = 0;
  Micros time{0};
  std::vector<std::int64_t> rests;  // milliseconds

  CellSystem system() {
    return {[this](const char* path) { return settings[path]; }, [this] { return time; },
            [this](Micros rest) {
              rests.push_back(rest.count() / 1000);
              time += rest;
            }};
  }
  std::optional<Refused> play(const Patience& patience = {}) {
    return try_cells(
        [this]() -> std::optional<NoCell> {
          time += attempt_takes;
          const std::size_t at = attempts++;
          return at < refusals.size() ? std::optional(refusals[at]) : std::nullopt;
        },
        system(), patience);
  }
};

TEST(CellAttempts, WhatNoLaterAttemptDoesBetterIsNotTriedAgain) {
  Double machine;
  machine.refusals = {{"the file system of /srv/client is too large to be copied", 0, true}};
  const auto refused = machine.play();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Refusal::for_good);
  EXPECT_EQ(refused->reason, "no cell: the file system of /srv/client is too large to be copied");
  EXPECT_EQ(machine.attempts, 1U);
}

TEST(CellAttempts, WhatPassesIsTriedAgain) {
  for (const int error : {EAGAIN, ENOMEM, ENOBUFS, ENOSPC, EBUSY, EINTR, ENFILE, ETXTBSY}) {
    Double machine;
    machine.refusals = {{"make namespaces", error}, {"make namespaces", error}, {"make namespaces", error}};
    EXPECT_FALSE(machine.play()) << error;
    EXPECT_EQ(machine.attempts, 4U) << error;
    EXPECT_THAT(machine.rests, ElementsAre(10, 20, 40)) << error;
  }
}

TEST(CellAttempts, OurOwnLimitOfOpenFilesIsNotWaitedFor) {
  Double machine;
  machine.refusals = {{"open a pipe", EMFILE}};
  const auto refused = machine.play();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Refusal::for_now);  // cells are not forbidden: a run does not go on without them
  EXPECT_EQ(machine.attempts, 1U);
  EXPECT_THAT(refused->reason, HasSubstr("ulimit -n"));
}

TEST(CellAttempts, ADeadlineThatPassedOnceIsNoRefusal) {
  Double machine;
  machine.attempt_takes = seconds(30);  // all of the patience
  machine.refusals = {{"timed out", 0}};
  EXPECT_FALSE(machine.play());
  EXPECT_EQ(machine.attempts, 2U);
}

TEST(CellAttempts, WhatIsForbiddenIsAskedOnce) {
  for (const int error : {EPERM, EACCES, ENOSYS, EINVAL, ENODEV, ENOENT}) {
    Double machine;
    machine.refusals = {{"make namespaces", error}};
    const auto refused = machine.play();
    ASSERT_TRUE(refused) << error;
    EXPECT_EQ(refused->kind, Refusal::for_good) << error;
    EXPECT_EQ(machine.attempts, 1U) << error;
  }
}

TEST(CellAttempts, ALimitThatIsReachedPassesButALimitOfNoneForbids) {
  Double full, none;
  full.refusals = none.refusals = {{"make namespaces", ENOSPC}};
  full.settings["/proc/sys/user/max_net_namespaces"] = "63";
  none.settings["/proc/sys/user/max_net_namespaces"] = "0";
  EXPECT_FALSE(full.play());
  const auto refused = none.play();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Refusal::for_good);
  EXPECT_EQ(refused->reason,
            "no cell: cannot make namespaces: No space left on device (user.max_net_namespaces is 0)");
}

TEST(CellAttempts, WhatGoesOnFailingIsNotCalledForbidden) {
  Double machine;
  machine.refusals.assign(1000, {"make namespaces", EAGAIN});
  const auto refused = machine.play();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Refusal::for_now);
  EXPECT_EQ(refused->reason,
            "no cell: cannot make namespaces: Resource temporarily unavailable, tried 36 times in 29270 ms");
  EXPECT_LE(machine.time, seconds(30));
}

TEST(CellAttempts, GivesUpWhenAsked) {
  Double machine;
  machine.refusals.assign(1000, {"make namespaces", EAGAIN});
  Patience patience;
  patience.give_up = [&] { return machine.attempts == 2; };
  ASSERT_TRUE(machine.play(patience));
  EXPECT_EQ(machine.attempts, 2U);
}

TEST(CellAttempts, SaysWhatTheOwnerMayChange) {
  Double machine;
  EXPECT_THAT(explain({"make namespaces", EPERM}, machine.system()), HasSubstr("a container may need"));
  machine.settings["/proc/sys/kernel/unprivileged_userns_clone"] = "0";
  EXPECT_EQ(
      explain({"make namespaces", EPERM}, machine.system()),
      "no cell: cannot make namespaces: Operation not permitted (kernel.unprivileged_userns_clone is 0)");
  EXPECT_EQ(explain({"execute the worker", ENOENT}, machine.system()),
            "no cell: cannot execute the worker: No such file or directory");
}

// The kernel itself. A user namespace with a limit of its own is made in a child, because a process cannot
// leave it again. Returns what `inside` tells; "forbidden" when this machine allows no cells.
std::string with_limit(const char* setting, const char* value, const std::function<std::string()>& inside) {
  if (cells_available().kind == CellsAnswer::forbidden) return "forbidden";
  std::array<int, 2> told{};
  EXPECT_EQ(::pipe(told.data()), 0);
  const int uid = static_cast<int>(::geteuid()), gid = static_cast<int>(::getegid());
  // One call for both: unshare() refuses a process with threads, and a sanitizer's fork() leaves one behind.
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  if (child == 0) {
    const auto put = [](const std::string& path, const std::string& text) {
      std::ofstream out(path);
      return static_cast<bool>(out << text << std::flush);
    };
    std::string text = "could not set the limit";
    if (put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") &&
        put("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1") &&
        put(std::string("/proc/sys/user/") + setting, value)) {
      text = inside();
    }
    (void)!::write(told[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(told[1]);
  std::string out(4096, '\0');
  const auto n = ::read(told[0], out.data(), out.size());
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  ::close(told[0]);
  ::waitpid(child, nullptr, 0);
  return out;
}

std::vector<std::string> worker() {
  return {std::filesystem::path(own_executable()).parent_path() / "cell_probe"};
}

TEST(CellAttempts, ANamespaceThatAnotherCellHoldsIsWaitedFor) {
  const std::string told = with_limit("max_net_namespaces", "1", [] {
    auto first = Cell::start({}, worker());
    if (!first) return first.error().text();
    // The first cell ends while the second one waits for its namespace.
    CellSystem system = cell_system();
    int rests = 0;
    system.rest = [&, rest = system.rest](Micros time) {
      if (rests++ == 0) first = fail("ended");
      rest(time);
    };
    const auto second = Cell::start_with({}, worker(), system, {});
    return second ? "made after " + std::string(rests > 0 ? "a rest" : "none") : second.error().reason;
  });
  if (told == "forbidden") GTEST_SKIP() << "no cells here";
  EXPECT_EQ(told, "made after a rest");
}

TEST(CellAttempts, ANamespaceThatStaysHeldIsNotCalledForbidden) {
  const std::string told = with_limit("max_net_namespaces", "1", [] {
    const auto first = Cell::start({}, worker());
    if (!first) return first.error().text();
    Patience patience;
    patience.total = milliseconds(50);
    const auto second = Cell::start_with({}, worker(), cell_system(), patience);
    if (second) return std::string("made");
    return (second.error().kind == Refusal::for_now ? "for now: " : "for good: ") + second.error().reason;
  });
  if (told == "forbidden") GTEST_SKIP() << "no cells here";
  EXPECT_THAT(told,
              StartsWith("for now: no cell: cannot make namespaces: No space left on device (a limit of "
                         "namespaces, user.max_*_namespaces, is reached), tried "));
}

TEST(CellAttempts, AMachineWithoutUserNamespacesForbidsCells) {
  const std::string told = with_limit("max_user_namespaces", "0", [] {
    const auto answer = cells_available();
    return (answer.kind == CellsAnswer::forbidden ? "forbidden here: " : "not forbidden: ") + answer.reason;
  });
  if (told == "forbidden") GTEST_SKIP() << "no cells here";
  EXPECT_EQ(told,
            "forbidden here: no cell: cannot make namespaces: No space left on device "
            "(user.max_user_namespaces is 0)");
}

}  // namespace
}  // namespace assay::process

#include "harness/process/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <thread>

#include "harness/base/unique_fd.h"
#include "harness/process/patience.h"

namespace assay::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

ChildOptions shell(std::string script) {
  ChildOptions options;
  options.argv = {"/bin/sh", "-c", std::move(script)};
  options.environment = {"PATH=/usr/bin:/bin"};
  return options;
}

// One that is written to and read by lines.
ChildOptions talking_shell(std::string script) {
  ChildOptions options = shell(std::move(script));
  options.stdin_mode = StdinMode::pipe;
  options.lines = true;
  return options;
}

// Waits until the process is gone, however it was started. Already gone counts.
bool gone_within(pid_t pid, Micros deadline) {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return errno == ESRCH;
  pollfd wait{fd.get(), POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(deadline.count() / 1000)) == 1;
}

TEST(Child, KeepsBothStreamsApartAndTellsTheExit) {
  const auto done = run_program(shell("echo to-out; echo to-err >&2; exit 3"), kLong);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done->out, "to-out\n");
  EXPECT_EQ(done->err, "to-err\n");
  EXPECT_EQ(done->status, (ExitStatus{3, 0}));
  EXPECT_EQ(done->status.text(), "exit 3");
}

TEST(Child, TellsExitNineFromSignalNine) {
  EXPECT_EQ(run_program(shell("exit 9"), kLong)->status, (ExitStatus{9, 0}));
  const auto killed = run_program(shell("kill -9 $$"), kLong);
  EXPECT_EQ(killed->status, (ExitStatus{0, SIGKILL}));
  EXPECT_EQ(killed->status.text(), "signal 9 (Killed)");
}

TEST(Child, SaysWhatCouldNotBeStarted) {
  ChildOptions options;
  options.argv = {"no-such-program-here"};
  options.environment = {"PATH=/usr/bin:/bin"};
  EXPECT_EQ(Child::start(options).error().message,
            "cannot start no-such-program-here: No such file or directory");
  options.argv = {"/usr"};  // a directory
  EXPECT_EQ(Child::start(options).error().message, "cannot start /usr: Permission denied");
  options.argv = {"/bin/true"};
  options.directory = "/no/such/directory";
  EXPECT_THAT(Child::start(options).error().message, HasSubstr("/no/such/directory is not there"));
  options.argv = {};
  EXPECT_FALSE(Child::start(options));
}

TEST(Child, FailedStartsLeaveNoZombie) {
  ChildOptions options;
  options.argv = {"/usr"};  // a directory
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(Child::start(options));
  for (const ProcessInfo& p : list_processes())
    EXPECT_FALSE(p.parent == ::getpid() && p.state == 'Z') << p.pid;
}

TEST(Child, BuildsTheEnvironmentFromNothing) {
  ChildOptions options;
  options.argv = {"env"};
  options.environment = {"PATH=/usr/bin:/bin", "ONLY=this one"};
  const auto done = run_program(options, kLong);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done->out, "PATH=/usr/bin:/bin\nONLY=this one\n");
}

TEST(Child, RunsWhereItIsTold) {
  auto options = shell("pwd");
  options.directory = "/usr";
  EXPECT_EQ(run_program(options, kLong)->out, "/usr\n");
}

TEST(Child, PassesArgumentsUntouchedByAnyShell) {
  ChildOptions options;
  options.argv = {"/usr/bin/printf", "%s|", "a b", "$HOME", "", "x;y"};
  EXPECT_EQ(run_program(options, kLong)->out, "a b|$HOME||x;y|");
}

TEST(Child, InheritsNoDescriptorAndNoSignalMask) {
  const UniqueFd open_here(::dup(1));  // without close-on-exec
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto done = run_program(shell("ls /proc/self/fd; grep SigBlk /proc/self/status"), kLong);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->out, "0\n1\n2\n3\nSigBlk:\t0000000000000000\n");  // 3 is the directory that ls reads
}

// The lowest free numbers are taken first: a descriptor made while another thread had many open lies above
// those that the start itself needs.
TEST(Child, InheritsTheOneThatItIsGivenWhateverItsNumber) {
  for (const int lowest : {3, 200}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd read(ends[0]), write(::fcntl(ends[1], F_DUPFD_CLOEXEC, lowest));
    ::close(ends[1]);
    ASSERT_TRUE(write);
    ChildOptions options = shell("echo hello > /proc/self/fd/" + std::to_string(write.get()));
    options.inherit = write.get();
    const auto done = run_program(options, kLong);
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(done->status, (ExitStatus{0, 0})) << "number " << write.get() << ": " << done->err;
  }
}

TEST(Child, StdinIsAtItsEndUnlessAPipeIsAsked) {
  EXPECT_EQ(run_program(shell("cat; echo done"), kLong)->out, "done\n");
}

TEST(Child, FeedsStdinLargerThanAPipe) {
  auto options = shell("wc -c");
  options.stdin_mode = StdinMode::pipe;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->write(std::string(1'000'000, 'x'), kLong));
  child->close_stdin();
  EXPECT_EQ(child->wait(kLong), ExitStatus{});
  EXPECT_EQ(child->text(Stream::out), "1000000\n");
}

TEST(Child, EchoOfMoreThanAPipeDoesNotDeadlock) {
  ChildOptions options;
  options.argv = {"/bin/cat"};
  options.stdin_mode = StdinMode::pipe;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  const std::string bytes(3'000'000, 'y');
  ASSERT_TRUE(child->write(bytes, kLong));
  child->close_stdin();
  ASSERT_TRUE(child->wait(kLong));
  EXPECT_EQ(child->text(Stream::out), bytes);
}

TEST(Child, WritingToAClosedStdinIsAnErrorNotASignal) {
  auto options = talking_shell("exec <&-; echo closed; read never < /dev/tty; sleep 30");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kLong)->value(), "closed");
  EXPECT_EQ(child->write("hello", kLong).error().message, "/bin/sh closed its standard input");
}

TEST(Child, WritingToOneThatDoesNotReadEndsAtTheDeadline) {
  ChildOptions options;
  options.argv = {"/bin/sleep", "30"};
  options.stdin_mode = StdinMode::pipe;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->write(std::string(1'000'000, 'x'), milliseconds(50)).error().message,
            "timed out after 50ms waiting for /bin/sleep to read its standard input");
}

TEST(Child, ReadsLines) {
  auto options = shell("printf 'one\\ntwo\\r\\n\\nlast'");
  options.lines = true;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  std::vector<std::string> lines;
  while (auto line = child->read_line(kLong).value()) lines.push_back(*line);
  EXPECT_THAT(lines, ElementsAre("one", "two", "", "last"));
}

TEST(Child, TalksLineByLine) {
  auto options = talking_shell("while read -r line; do echo \"got $line\"; done");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(child->write(std::to_string(i) + "\n", kLong));
    ASSERT_EQ(child->read_line(kLong)->value(), "got " + std::to_string(i));
  }
  EXPECT_EQ(child->read_line(milliseconds(20)).error().message,
            "timed out after 20ms waiting for a line from /bin/sh");
}

TEST(Child, BoundsALine) {
  auto options = shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo short");
  options.lines = true;
  options.line_limit = 1000;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->read_line(kLong).error().message, "/bin/sh wrote a line of more than 1000 bytes");
  EXPECT_FALSE(child->read_line(kLong));
}

TEST(Child, LinesThatNobodyReadHoldTheWriterBackAndLoseNothing) {
  auto options = shell("seq 1 200000");
  options.lines = true;
  options.line_limit = 1000;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  int expected = 1;
  while (auto line = child->read_line(kLong).value()) ASSERT_EQ(*line, std::to_string(expected++));
  EXPECT_EQ(expected, 200001);
}

TEST(Child, BoundsWhatIsKeptAndCountsTheRest) {
  auto options = shell("head -c 5000000 /dev/zero; head -c 10 /dev/zero >&2");
  options.output_limit = 1000;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->wait(kLong));
  EXPECT_THAT(child->text(Stream::out), SizeIs(1000));
  EXPECT_THAT(child->text(Stream::err), SizeIs(10));
  EXPECT_EQ(child->bytes_seen(Stream::out), 5'000'000U);
}

TEST(Child, StampsChunksInOrderAndCallsBack) {
  std::mutex mutex;
  std::string heard;
  auto options = shell("echo a; echo b >&2; read x; echo c");
  options.stdin_mode = StdinMode::pipe;
  options.on_output = [&](const OutputChunk& chunk) {
    const std::lock_guard lock(mutex);
    heard += chunk.bytes;
  };
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->write("\n", kLong));
  ASSERT_TRUE(child->wait(kLong));
  EXPECT_THAT(heard, AllOf(HasSubstr("a\n"), HasSubstr("b\n"), HasSubstr("c\n")));
  const auto chunks = child->chunks();
  ASSERT_GE(chunks.size(), 2U);
  for (std::size_t i = 1; i < chunks.size(); ++i) EXPECT_LE(chunks[i - 1].at, chunks[i].at);
}

ChildOptions in_terminal(std::string script) {
  ChildOptions options = shell(std::move(script));
  options.terminal = TerminalSize{40, 132};
  options.lines = true;
  return options;
}

TEST(Child, InATerminalAllThreeDescriptorsAreTheControllingOne) {
  const auto done =
      run_program(in_terminal("test -t 0 && test -t 1 && test -t 2 && echo yes >/dev/tty; stty size"), kLong);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done->out, "yes\r\n40 132\r\n");
  EXPECT_EQ(done->err, "");
  EXPECT_TRUE(done->status.ok());
}

TEST(Child, InATerminalItReadsWhatIsTypedAndTheTerminalShowsIt) {
  auto child = Child::start(in_terminal("echo name?; read -r line; echo \"hello $line\""));
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kLong)->value(), "name?");
  ASSERT_TRUE(child->write("Ada\r", kLong));
  EXPECT_EQ(child->read_line(kLong)->value(), "Ada");
  EXPECT_EQ(child->read_line(kLong)->value(), "hello Ada");
  EXPECT_EQ(child->wait(kLong), ExitStatus{});
}

TEST(Child, InATerminalCtrlCInterruptsIt) {
  auto child = Child::start(
      in_terminal("trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.01; done"));
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kLong)->value(), "ready");
  ASSERT_TRUE(child->write("\x03", kLong));
  EXPECT_EQ(child->wait(kLong), (ExitStatus{5, 0}));
}

TEST(Child, WaitNamesWhatItAwaited) {
  auto child = Child::start(shell("exec sleep 30"));
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(milliseconds(20)).error().message, "timed out after 20ms waiting for /bin/sh to end");
  EXPECT_TRUE(child->running());
}

TEST(Child, StopAsksFirstAndKillsThen) {
  auto options = shell("trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  options.lines = true;
  auto polite = Child::start(options);
  ASSERT_TRUE(polite);
  ASSERT_EQ(polite->read_line(kLong)->value(), "ready");
  EXPECT_EQ(polite->stop(kLong), (ExitStatus{7, 0}));
  EXPECT_EQ(polite->read_line(kLong)->value(), "asked");

  options = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  options.lines = true;
  auto deaf = Child::start(options);
  ASSERT_TRUE(deaf);
  ASSERT_EQ(deaf->read_line(kLong)->value(), "ready");
  EXPECT_EQ(deaf->stop(milliseconds(50)), (ExitStatus{0, SIGKILL}));
  EXPECT_FALSE(deaf->signal(SIGTERM));
  EXPECT_EQ(deaf->stop(milliseconds(1)), (ExitStatus{0, SIGKILL}));
}

TEST(Child, OneThatItTellsToEndBeforeItEndsItselfIsNotLeftBehind) {
  auto options = talking_shell(
      "trap 'kill $!; exit 3' TERM; "
      "sh -c 'trap \"sleep 0.05; exit\" TERM; echo ready; while :; do sleep 0.01; done' & wait");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kLong)->value(), "ready");
  ASSERT_TRUE(child->signal(SIGTERM, Child::To::child));
  EXPECT_EQ(child->wait(kLong), (ExitStatus{3, 0}));
  EXPECT_THAT(child->left_behind(), IsEmpty());
}

TEST(Child, OneThatEndsALittleLaterAtTheSameSignalIsNotLeftBehind) {
  auto options = talking_shell(
      "sh -c 'trap \"sleep 0.05; exit\" TERM; echo ready; while :; do sleep 0.01; done' & wait");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kLong)->value(), "ready");
  EXPECT_EQ(child->stop(kLong), (ExitStatus{0, SIGTERM}));
  EXPECT_THAT(child->left_behind(), IsEmpty());
}

// The child may be seen to have ended before the call that ended it returns.
TEST(Child, OneThatEndsAtTheSameSignalIsNeverLeftBehind) {
  for (int i = 0; i < 50; ++i) {
    auto options = talking_shell("sleep 100 & echo ready; wait");
    auto child = Child::start(options);
    ASSERT_TRUE(child);
    ASSERT_EQ(child->read_line(kLong)->value(), "ready");
    EXPECT_EQ(child->stop(kLong), (ExitStatus{0, SIGTERM}));
    ASSERT_THAT(child->left_behind(), IsEmpty()) << i;
  }
}

TEST(Child, WhatItLeavesRunningIsNamedAndKilled) {
  auto options = talking_shell("sh -c 'echo $$; kill -STOP $$' & read x; exit 0");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  const auto pid = std::stoi(child->read_line(kLong)->value());
  child->close_stdin();
  EXPECT_EQ(child->wait(kLong), ExitStatus{});
  ASSERT_THAT(child->left_behind(), SizeIs(1));
  EXPECT_EQ(child->left_behind()[0].pid, pid);
  EXPECT_THAT(child->left_behind()[0].argv, ElementsAre("sh", "-c", "echo $$; kill -STOP $$"));
  EXPECT_TRUE(gone_within(pid, kLong));
}

TEST(Child, OneThatEscapedItsSessionAndHoldsThePipeDoesNotHoldUs) {
  auto options = talking_shell("setsid sh -c 'echo $$; exec sleep 300' & read x; exit 0");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  const auto pid = child->read_line(kLong)->value();
  child->close_stdin();
  EXPECT_EQ(child->wait(kLong), ExitStatus{});
  ASSERT_EQ(::kill(std::stoi(pid), SIGKILL), 0);  // ours to end: it is out of the child's reach
}

TEST(Child, TheDestructorKillsTheWholeSession) {
  pid_t leader = 0, other = 0;
  {
    auto options = shell("sleep 300 & echo $!; wait");
    options.lines = true;
    auto child = Child::start(options);
    ASSERT_TRUE(child);
    leader = child->pid();
    other = std::stoi(child->read_line(kLong)->value());
  }
  EXPECT_EQ(::kill(leader, 0), -1);
  EXPECT_TRUE(gone_within(other, kLong));
}

TEST(Child, OutlivesTheThreadThatAskedForIt) {
  Result<Child> child = fail("not started");
  std::thread([&] { child = Child::start(shell("read x; echo still here")); }).join();
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->wait(kLong));
  EXPECT_EQ(child->text(Stream::out), "still here\n");
}

TEST(Child, RunProgramKillsAtTheDeadline) {
  const auto done = run_program(shell("echo begun; sleep 30"), milliseconds(300));
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->timed_out);
  EXPECT_NE(done->status.signal_number, 0);
  EXPECT_EQ(done->out, "begun\n");
}

TEST(Procfs, SeesItsOwnEnvironmentAndArguments) {
  ChildOptions options = talking_shell("echo ready; read x");
  options.environment.push_back("MARK=42");
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kLong)->value(), "ready");
  const auto environment = process_environment(child->pid());
  ASSERT_TRUE(environment);
  EXPECT_THAT(*environment, UnorderedElementsAre("PATH=/usr/bin:/bin", "MARK=42"));
  bool seen = false;
  for (const ProcessInfo& p : list_processes()) {
    if (p.pid != child->pid()) continue;
    seen = true;
    EXPECT_EQ(p.parent, ::getpid());
    EXPECT_EQ(p.session, child->pid());
    EXPECT_THAT(p.argv, ElementsAre("/bin/sh", "-c", "echo ready; read x"));
  }
  EXPECT_TRUE(seen);
  EXPECT_THAT(session_members(child->pid()), IsEmpty());
}

}  // namespace
}  // namespace assay::process

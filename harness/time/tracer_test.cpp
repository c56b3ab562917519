// Programs in case time, from outside.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "harness/base/unique_fd.h"
#include "harness/process/child.h"
#include "harness/time/ledger.h"
#include "harness/time/start.h"

namespace assay::casetime {
namespace {

using process::Child;
using process::ChildOptions;
using process::Completed;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

constexpr Micros kDeadline = std::chrono::seconds(60);

std::string beside(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

struct Timed {
  explicit Timed(double rate, bool hide_vdso = false)
      : options{ClockMap::begin(Rate{static_cast<std::uint32_t>(rate * 1024)}), ledger.fd(), hide_vdso} {}
  ChildOptions child(const std::vector<std::string>& program) const {
    ChildOptions child;
    child.argv = timed_command(beside("timed_program"), options, program);
    child.environment = {"PATH=/usr/bin:/bin", "HOME=/"};
    child.lines = true;
    child.inherit = ledger.fd();
    return child;
  }
  Completed run(const std::vector<std::string>& program) const {
    auto done = process::run_program(child(program), kDeadline);
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : Completed{};
  }
  Completed behave(const std::string& name) const { return run({beside("time_behaviour"), name}); }

  Ledger ledger = Ledger::create().value();
  TimedOptions options;
};

// Why programs cannot run in case time on this machine; empty = they can.
std::string refused() {
  const Completed done = Timed(2).run({"/bin/true"});
  return done.status.ok() ? "" : done.err;
}

class Tracer : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = refused(); !why.empty()) GTEST_SKIP() << why;
  }
};

class Behaviour : public Tracer, public testing::WithParamInterface<std::tuple<const char*, bool>> {};

TEST_P(Behaviour, IsAsItWouldBeAtItsOwnRate) {
  const auto [name, hide_vdso] = GetParam();
  const Timed timed(20, hide_vdso);
  const Completed done = timed.behave(name);
  EXPECT_EQ(done.out, "ok\n") << done.err;
  EXPECT_EQ(done.status.text(), "exit 0");
}

INSTANTIATE_TEST_SUITE_P(
    Programs, Behaviour,
    testing::Combine(testing::Values("sleep", "clocks", "cpu-clock", "cpu-timer", "rest-of-sleep",
                                     "rest-of-select", "rest-of-timers", "poll-over-stop", "registers",
                                     "threads", "vfork", "grandchild", "untraced", "io-uring", "fork", "exec",
                                     "exec-from-thread", "clear-environment", "undumpable", "user-namespace",
                                     "traces", "invalid", "children"),
                     testing::Bool()),
    [](const auto& info) {
      std::string name = std::get<0>(info.param);
      std::replace(name.begin(), name.end(), '-', '_');
      return name + (std::get<1>(info.param) ? "_with_its_vDSO_hidden" : "");
    });

// Also where the tests below are skipped.
TEST(WithoutPtrace, AProgramIsNotStartedAndTheReasonIsTold) {
  const Timed timed(20);
  ChildOptions child = timed.child({"/bin/true"});
  child.argv.insert(child.argv.begin(), beside("without_ptrace"));
  const auto done = process::run_program(child, kDeadline);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status.text(), "exit 126");
  EXPECT_EQ(done->err, "cannot run /bin/true in case time: Operation not permitted\n");
  ASSERT_FALSE(timed.ledger.notes().empty());
  EXPECT_EQ(timed.ledger.notes().front().text, "ptrace is forbidden here: Operation not permitted");
}

TEST_F(Tracer, AProgramThatWasGivenNoLedgerIsNotStartedAndTheReasonIsTold) {
  const Timed timed(20);
  ChildOptions child = timed.child({"/bin/true"});
  child.inherit = -1;
  const auto done = process::run_program(child, kDeadline);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status.text(), "exit 126");
  EXPECT_EQ(done->err, "cannot run /bin/true in case time: descriptor " + std::to_string(timed.ledger.fd()) +
                           ", the ledger, is not open\n");
}

TEST_F(Tracer, PassesTheExitStatusOn) {
  EXPECT_EQ(Timed(20).behave("exit").status.text(), "exit 7");
  EXPECT_EQ(Timed(20).behave("kill-itself").status.text(), "signal 9 (Killed)");
}

TEST_F(Tracer, AProgramThatIsNotThereSaysSo) {
  const Completed done = Timed(20).run({"/nowhere/program"});
  EXPECT_EQ(done.status.text(), "exit 127");
  EXPECT_EQ(done.err, "cannot start /nowhere/program: No such file or directory\n");
}

TEST_F(Tracer, ASignalReachesTheProgramOnce) {
  const Timed timed(20);
  for (const auto to : {Child::To::group, Child::To::child}) {
    auto child = Child::start(timed.child({beside("time_behaviour"), "await-term"}));
    ASSERT_TRUE(child);
    ASSERT_EQ(child->read_line(kDeadline).value(), "ready");
    ASSERT_TRUE(child->signal(SIGTERM, to));
    EXPECT_EQ(child->wait(kDeadline)->text(), "exit 0") << child->text(process::Stream::out);
  }
}

pid_t tracer_of(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("TracerPid:")) return std::atoi(line.c_str() + 10);
  }
  return 0;
}

TEST_F(Tracer, WhenItDiesTheWholeTreeDies) {
  const Timed timed(20);
  auto child = Child::start(timed.child({beside("time_behaviour"), "wait-for-ever"}));
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kDeadline).value(), "ready");
  const pid_t tracer = tracer_of(child->pid());
  ASSERT_GT(tracer, 1);
  ASSERT_EQ(::kill(tracer, SIGKILL), 0);
  EXPECT_EQ(child->wait(kDeadline)->text(), "signal 9 (Killed)");
  // The kernel kills them one after the other: what is seen is on its way out.
  for (const process::ProcessInfo& left : child->left_behind()) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, left.pid, 0)));
    if (process.get() < 0) continue;  // gone
    pollfd ended{process.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&ended, 1, 20'000), 1) << left.pid << ' ' << left.name << " lives on";
  }
}

TEST_F(Tracer, EndsWithTheLastOfItsTree) {
  const Timed timed(20);
  auto child = Child::start(timed.child({beside("time_behaviour"), "wait-for-ever"}));
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(kDeadline).value(), "ready");
  const pid_t tracer = tracer_of(child->pid());
  const UniqueFd watch(static_cast<int>(::syscall(SYS_pidfd_open, tracer, 0)));
  ASSERT_TRUE(watch);
  ASSERT_TRUE(child->stop(Micros(0)));
  pollfd ended{watch.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 10'000), 1) << "the tracer goes on";
}

TEST_F(Tracer, ProgramsOfOneMapReadOneClockAlsoWhenEachHasATracer) {
  const Timed timed(20);
  const auto clock = [&] {
    return timed.options.map.to_client(CLOCK_MONOTONIC, read_clock(CLOCK_MONOTONIC));
  };
  auto first = Child::start(timed.child({beside("time_behaviour"), "now"}));
  const auto before = clock();
  auto second = Child::start(timed.child({beside("time_behaviour"), "now"}));
  ASSERT_TRUE(first && second);
  for (Child* child : {&*first, &*second}) {
    const auto line = child->read_line(kDeadline);
    ASSERT_TRUE(line && *line);
    const double read = std::atof((*line)->c_str()) * 1e9;
    EXPECT_LE(read, static_cast<double>(clock()));
    EXPECT_TRUE(child == &*first || read >= static_cast<double>(before));
    EXPECT_EQ(child->wait(kDeadline)->text(), "exit 0");
  }
}

TEST_F(Tracer, TwoRatesAtOnceDoNotMix) {
  const Timed slow(4), fast(40);
  auto one = Child::start(slow.child({beside("time_behaviour"), "rest-of-timers"}));
  auto other = Child::start(fast.child({beside("time_behaviour"), "rest-of-timers"}));
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->wait(kDeadline)->text(), "exit 0") << one->text(process::Stream::out);
  EXPECT_EQ(other->wait(kDeadline)->text(), "exit 0") << other->text(process::Stream::out);
}

std::vector<std::string> texts(const Ledger& ledger, Note::Kind kind) {
  std::vector<std::string> out;
  for (const Note& note : ledger.notes()) {
    if (note.kind == kind) out.push_back(note.text);
  }
  return out;
}

TEST_F(Tracer, NamesAProgramThatTracesOthers) {
  const Timed timed(20);
  timed.behave("traces");
  EXPECT_THAT(texts(timed.ledger, Note::uncompressed),
              ElementsAre(EndsWith("time_behaviour: it traces other programs (ptrace)")));
}

TEST_F(Tracer, NamesAProgramThatWantsIoUring) {
  const Timed timed(20);
  timed.behave("io-uring");
  EXPECT_THAT(texts(timed.ledger, Note::uncompressed), IsEmpty());
  EXPECT_THAT(texts(timed.ledger, Note::refused),
              ElementsAre(EndsWith("time_behaviour: io_uring was refused (ENOSYS)")));
}

// mov $1, %eax; mov $5, %ebx; int $0x80: exit(5), as a program of 32 bits.
std::string write_32_bit_program() {
  const unsigned char program[] = {
      0x7f, 'E',  'L',  'F',  1,    1,    1,    0,    0,    0,    0, 0, 0,    0, 0,    0,   2, 0, 3, 0,
      1,    0,    0,    0,    0x54, 0x80, 0x04, 0x08, 0x34, 0,    0, 0, 0,    0, 0,    0,   0, 0, 0, 0,
      0x34, 0,    0x20, 0,    1,    0,    0,    0,    0,    0,    0, 0, 1,    0, 0,    0,   0, 0, 0, 0,
      0,    0x80, 0x04, 0x08, 0,    0x80, 0x04, 0x08, 0x60, 0,    0, 0, 0x60, 0, 0,    0,   5, 0, 0, 0,
      0,    0x10, 0,    0,    0xb8, 1,    0,    0,    0,    0xbb, 5, 0, 0,    0, 0xcd, 0x80};
  std::string path = testing::TempDir() + "/assay-32-bit";
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(program), sizeof program);
  ::chmod(path.c_str(), 0700);
  return path;
}

TEST_F(Tracer, NamesA32BitProgramAlsoWhenAChildIsOne) {
  const std::string program = write_32_bit_program();
  ChildOptions natural;
  natural.argv = {program};
  const auto alone = process::run_program(natural, kDeadline);
  if (!alone) GTEST_SKIP() << "this kernel does not run 32-bit programs: " << alone.error().message;
  ASSERT_EQ(alone->status.text(), "exit 5");
  const Timed timed(20);
  EXPECT_EQ(timed.run({"/bin/sh", "-c", program + "; exit $?"}).status.text(), "exit 5");
  EXPECT_THAT(texts(timed.ledger, Note::uncompressed),
              ElementsAre(EndsWith("assay-32-bit: a 32-bit program")));
  std::filesystem::remove(program);
}

TEST_F(Tracer, CountsWaitsAndHowLateTheyWere) {
  const Timed timed(20);
  timed.behave("threads");
  EXPECT_GE(timed.ledger.count(Ledger::waits), 100U);
  EXPECT_EQ(timed.ledger.count(Ledger::images), 1U);
  const Lateness late = timed.ledger.lateness();
  EXPECT_GE(late.waits, 100U);
  EXPECT_GT(late.worst, Micros(0));
  EXPECT_LE(late.p90, late.worst);
}

TEST_F(Tracer, CountsTheCpuTimeOfTheProgramAndItsChildren) {
  const Timed timed(20);
  // Each uses 20 ms, and stops before it ends: at a sleep.
  timed.run({"/bin/sh", "-c",
             beside("time_behaviour") + " uses-cpu; exec " + beside("time_behaviour") + " uses-cpu"});
  const auto used = timed.ledger.count(Ledger::cpu_ns);
  EXPECT_GE(used, 40'000'000U);
  EXPECT_LE(used, 1'000'000'000U);
}

TEST_F(Tracer, AProgramWithoutALimitOfTimeIsNotStopped) {
  const Timed timed(20);
  EXPECT_EQ(timed.run({"/bin/true"}).status.text(), "exit 0");
  EXPECT_LT(timed.ledger.count(Ledger::stops), 5U);
}

}  // namespace
}  // namespace assay::casetime

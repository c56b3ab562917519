// The attack suite: clients that stand still. Each ends in a verdict of its own at the deadline of the case,
// and nothing else waits for it.
#include "cli/attack_fixture.h"

namespace assay::attack {
namespace {

struct Standstill {
  const char* name;
  const char* program;
  const char* verdict;
};

class AttackStandstillTest : public AttackTest {
 protected:
  void SetUp() override {
    AttackTest::SetUp();
    if (IsSkipped()) return;
    std::ofstream(folder_ + "/client/quick.yaml")
        << "suite: quick\n"
           "defaults:\n"
           "  requires: [chat]\n"
           "  world: {inference: {turn: pong, auth: {keys: [sk-worldrouter-canary-0123456789abcdef]}}}\n"
           "  credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}\n"
           "cases:\n"
           "  - id: answers\n"
           "    title: A chat that has a second\n"
           "    do: [{chat: {as: C, messages: [{role: user, content: Say pong}], deadline: 1s}}]\n"
           "    expect: {text: {C: {ok: true, text: from-turn}}}\n"
           "  - id: at-leisure\n"
           "    title: A chat that has its time\n"
           "    do: [{chat: {as: C, messages: [{role: user, content: Say pong}]}}]\n"
           "    expect: {text: {C: {ok: true, text: from-turn}}}\n";
  }
};

constexpr Standstill kStandstills[] = {
    {"stops itself", "import signal\nask()\nos.kill(os.getpid(), signal.SIGSTOP)\n", "timeout"},
    {"stops its group before it asks", "import signal\nos.kill(0, signal.SIGSTOP)\nask()\n", "timeout"},
    {"stops everybody in sight",
     "import signal\nask()\nos.kill(-1, signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGSTOP)\n", "fail"},
    {"closes every descriptor and waits", "os.closerange(0, 1000)\ntime.sleep(600)\n", "timeout"},
    {"closes every descriptor and ends", "ask()\nos.closerange(0, 1000)\nos._exit(0)\n", "pass"},
    {"fills a pipe that nobody reads",
     "ask()\nread, write = os.pipe()\nwhile True: os.write(write, b'x' * 65536)\n", "timeout"},
    {"stops a child that holds its output",
     "import signal\nask()\nif os.fork() == 0:\n    os.setsid()\n    os.kill(os.getpid(), signal.SIGSTOP)\n",
     "pass"},
};

TEST_P(AttackStandstillTest, AClientThatStandsStillIsJudgedAtTheDeadlineOfTheCase) {
  for (const Standstill& one : kStandstills) {
    const bool hangs = std::string_view(one.verdict) == "timeout";
    const auto cases = play(std::string(kAsks) + one.program, hangs ? "quick/answers" : "quick/at-leisure",
                            {"--cases", "quick.yaml"});
    EXPECT_EQ(verdicts(cases), std::vector<std::string>{one.verdict})
        << one.name << ": " << done_.err << cases.back().dump(1);
    EXPECT_LT(cases[0].value("duration_us", 1e9), 20e6) << one.name;
  }
}

// An adapter that neither reads nor answers holds nobody up either.
TEST_P(AttackStandstillTest, AnAdapterThatDoesNotReadIsAnErrorInTime) {
  std::ofstream(folder_ + "/client/adapter.py")
      << "import json, signal, os, sys\n"
         "print(json.dumps({'hello': {'protocol': [1], 'client': 'deaf', 'version': '1', 'role': "
         "'provider',\n"
         "                            'capabilities': ['chat', 'stream']}}), flush=True)\n"
         "os.kill(os.getpid(), signal.SIGSTOP)\n";
  done_ = as_user({ASSAY_PROGRAM, "run", "quick/answers", "--cases", "quick.yaml", "--adapter",
                   "python3 adapter.py", "--out", "../out", "-j", "1", "--no-start-check", "--require-cells"},
                  {});
  const auto cases = recorded();
  ASSERT_EQ(cases.size(), 1U) << done_.out << done_.err;
  EXPECT_THAT(verdicts(cases)[0], testing::AnyOf("timeout", "error")) << cases[0].dump(1);
  EXPECT_LT(cases[0].value("duration_us", 1e9), 20e6);
}

INSTANTIATE_TEST_SUITE_P(As, AttackStandstillTest, testing::Values(Attacker{"user", false}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace assay::attack

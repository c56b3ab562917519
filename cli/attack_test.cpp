// The attack suite: what a hostile client tries in a cell, as the user that runs the tests and, when that is
// root, as nobody too. attack/questions.tsv holds what may and may not be done.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/attack_fixture.h"
#include "harness/base/text.h"
#include "harness/base/unique_fd.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"

namespace assay::attack {
namespace {

using testing::HasSubstr;

TEST_P(AttackTest, EveryQuestionIsAnsweredAsExpected) {
  const std::string client = folder_ + "/client";
  for (const char* file : {"probe.py", "questions.tsv"})
    fs::copy_file(ASSAY_SOURCE_DIR "/cli/attack/" + std::string(file), client + "/" + file);
  fs::permissions(client + "/probe.py", fs::perms(0755));
  std::ofstream(folder_ + "/home/secret") << "a secret of the caller\n";
  // What the machine offers: a listener on a path, on an abstract name and on a port, and a FIFO with a
  // reader.
  const auto listens = [](const sockaddr* address, socklen_t size, int family) {
    UniqueFd out(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(out.get(), address, size), 0) << std::strerror(errno);
    EXPECT_EQ(::listen(out.get(), 5), 0);
    return out;
  };
  sockaddr_un path{AF_UNIX, {}};
  std::strncpy(path.sun_path, (client + "/socket").c_str(), sizeof path.sun_path - 1);
  const UniqueFd on_path = listens(reinterpret_cast<sockaddr*>(&path), sizeof path, AF_UNIX);
  fs::permissions(client + "/socket", fs::perms(0777));
  sockaddr_un abstract{AF_UNIX, {}};
  const std::string name = "assay-attack-" + std::to_string(::getpid());
  std::memcpy(abstract.sun_path + 1, name.data(), name.size());
  const UniqueFd on_name =
      listens(reinterpret_cast<sockaddr*>(&abstract),
              static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()), AF_UNIX);
  ASSERT_EQ(::mkfifo((client + "/fifo").c_str(), 0666), 0);
  fs::permissions(client + "/fifo", fs::perms(0666));
  const UniqueFd reader(::open((client + "/fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  environment_ =
      ", OUTSIDE: \"" + client + "\", ABSTRACT: \"" + std::to_string(::getpid()) + "\", PORT: \"22\"";
  const auto cases = play(read_file(client + "/probe.py").value(), kAnswers);
  std::map<std::string, std::string> answers;
  const std::string output = cases.at(0)["output"].value("stdout", "");
  for (const auto line : split(output, '\n')) {
    const auto tab = line.find('\t');
    if (tab != std::string_view::npos)
      answers[std::string(line.substr(0, tab))] = std::string(line.substr(tab + 1));
  }
  std::size_t asked = 0;
  const std::string questions = read_file(client + "/questions.tsv").value();
  for (const auto line : split(questions, '\n')) {
    const auto tab = line.find('\t');
    if (line.empty() || line.front() == '#' || tab == std::string_view::npos) continue;
    ++asked;
    const std::string question(line.substr(tab + 1));
    bool expected = false;
    for (const auto one : split(line.substr(0, tab), ' ')) expected = expected || one == answers[question];
    EXPECT_TRUE(expected) << question << " is answered \"" << answers[question] << "\", expected "
                          << line.substr(0, tab);
  }
  EXPECT_GE(asked, 100U);
  EXPECT_EQ(asked, answers.size()) << cases.at(0)["output"].dump(1);
}

TEST_P(AttackTest, NothingOfACaseIsLeftForTheNext) {
  // A file, and a daemon with the key of its case in its environment.
  const auto cases = play(std::string(kAsks) + R"(
if os.path.exists("/tmp/state") or os.path.exists("/dev/shm/state") or os.path.exists("/var/tmp/state") or seen():
    sys.exit("not alone: " + str(seen()))
for name in ("/tmp/state", "/dev/shm/state", "/var/tmp/state"):
    open(name, "w").write("here")
ask()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2): os.close(fd)
        time.sleep(60)
    os._exit(0)
)",
                          kAnswers, {"--repeat", "3"});
  EXPECT_EQ(verdicts(cases), (std::vector<std::string>{"pass", "pass", "pass"})) << cases.back().dump(1);
}

TEST_P(AttackTest, ADaemonOfAClientIsLeftBehind) {
  const auto cases = play(std::string(kAsks) + R"(
ask()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2): os.close(fd)
        time.sleep(60)
    os._exit(0)
os.wait()
)",
                          "any/process/nothing-left");
  ASSERT_EQ(verdicts(cases), std::vector<std::string>{"fail"}) << cases.back().dump(1);
  EXPECT_THAT(cases[0].value("reason", ""), HasSubstr("python3"));
}

TEST_P(AttackTest, SignalsToEverybodyHurtNobodyElse) {
  for (const char* signal : {"SIGSTOP", "SIGKILL", "SIGTERM"}) {
    const auto cases =
        play(std::string(kAsks) + "import signal\nask()\ntry:\n    os.kill(-1, signal." + signal +
                 ")\nexcept ProcessLookupError:\n    pass\nfor fd in (0, 1, 2): os.close(fd)\n",
             kAnswers);
    EXPECT_EQ(verdicts(cases), std::vector<std::string>{"pass"}) << signal << cases.back().dump(1);
  }
}

TEST_P(AttackTest, OutputWithoutEndIsALimitThatTheVerdictNames) {
  const auto cases = play("import os\nwhile True: os.write(1, b'x' * 65536)\n", kAnswers);
  ASSERT_EQ(verdicts(cases), std::vector<std::string>{"fail"}) << cases.back().dump(1).substr(0, 2000);
  EXPECT_EQ(cases[0].value("reason", ""), "the client reached a limit of its cell: 256 MiB of output");
}

TEST_P(AttackTest, AForkBombIsALimitThatTheVerdictNames) {
  const auto cases = play(R"(import os
while True:
    try:
        os.fork()
    except OSError:
        pass
)",
                          kAnswers);
  ASSERT_EQ(verdicts(cases), std::vector<std::string>{"fail"}) << cases.back().dump(1).substr(0, 2000);
  EXPECT_EQ(cases[0].value("reason", ""),
            "the client reached a limit of its cell: 1024 processes and threads");
}

TEST_P(AttackTest, AMountBelowTmpDoesNotEndCells) {
  fs::create_directory(folder_ + "/mounted");
  const std::vector<std::string> mounted = {
      "unshare", "--mount", "sh", "-c", "mount -t tmpfs x '" + folder_ + "/mounted' && exec \"$@\"", "sh"};
  if (::geteuid() != 0) GTEST_SKIP() << "only root can mount";
  const auto cases = play(std::string(kAsks) + "ask()\n", kAnswers, {}, {}, mounted);
  EXPECT_EQ(verdicts(cases), std::vector<std::string>{"pass"}) << done_.err << cases.back().dump(1);
  EXPECT_EQ(done_.err.find("without cells"), std::string::npos) << done_.err;
}

TEST_P(AttackTest, WhatAClientFileNamesIsShownAndLinkedInItsHome) {
  fs::create_directories(folder_ + "/home/.config/mine");
  std::ofstream(folder_ + "/home/.config/mine/settings") << "shown\n";
  std::ofstream(folder_ + "/home/.config/other") << "hidden\n";
  const std::string program =
      std::string(kAsks) +
      "ask()\nsys.stderr.write(open(os.path.expanduser('~/.config/mine/settings')).read())\n"
      "sys.stderr.write(str(os.path.exists('" +
      folder_ + "/home/.config/other')))\n";
  const auto cases = play(program, kAnswers, {}, "reads: [\"~/.config/mine\"]\n");
  EXPECT_EQ(cases[0]["output"].value("stderr", ""), "shown\nFalse") << cases.back().dump(1);
}

INSTANTIATE_TEST_SUITE_P(As, AttackTest, testing::Values(Attacker{"user", false}, Attacker{"nobody", true}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace assay::attack

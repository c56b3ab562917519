// The attack suite: machines on which a cell cannot be had, or not simply. The client is contained, or the
// run says what is missing and stops.
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/attack_fixture.h"
#include "harness/base/unique_fd.h"

namespace assay::attack {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class AttackPlacesTest : public AttackTest {
 protected:
  // Before the run, in a mount namespace of its own: `script`, as root, in the folder of this test.
  std::vector<std::string> after(const std::string& script) const {
    return {"unshare", "--mount", "sh", "-ec", "cd '" + folder_ + "'\n" + script + "\ncd client; exec \"$@\"",
            "sh"};
  }
  static bool is_root() { return ::geteuid() == 0; }
};

// Reads what only its owner may read, and tries to write.
constexpr const char* kReads = R"(
here = os.path.dirname(os.path.abspath(__file__))
for name in ("program.py", "private/key"):
    sys.stderr.write(open(here + "/" + name).readline())
try:
    open(here + "/written", "w")
    sys.stderr.write("written")
except OSError as error:
    sys.stderr.write(error.strerror)
ask()
)";

TEST_P(AttackPlacesTest, AFileSystemWithoutMappedOwnersIsCopied) {
  if (!is_root()) GTEST_SKIP() << "only root can mount";
  fs::create_directory(folder_ + "/client/private");
  std::ofstream(folder_ + "/client/private/key") << "the client's own\n";
  const auto cases = play(
      std::string(kAsks) + kReads, kAnswers, {}, {},
      after("mkdir ram && mount -t ramfs ram ram && cp -a client/. ram && chown -R --reference=client ram\n"
            "chmod -R go= ram && mount --bind ram client"));
  ASSERT_EQ(verdicts(cases), std::vector<std::string>{"pass"}) << done_.err << cases.back().dump(1);
  EXPECT_THAT(
      cases[0]["output"].value("stderr", ""),
      AllOf(HasSubstr("import os"), HasSubstr("the client's own"), HasSubstr("Read-only file system")));
}

TEST_P(AttackPlacesTest, WhatIsTooLargeToBeCopiedIsSaid) {
  if (!is_root() || GetParam().nobody) GTEST_SKIP() << "only root's folders are copied";
  const auto cases = attempt(
      std::string(kAsks) + "ask()\n", kAnswers, {}, {},
      after("mkdir ram && mount -t ramfs ram ram && cp -a client/. ram && truncate -s 600M ram/large\n"
            "chmod -R go= ram && mount --bind ram client"));
  EXPECT_TRUE(cases.empty());
  EXPECT_EQ(done_.status.code, 3) << done_.out << done_.err;
  EXPECT_THAT(done_.err, AllOf(HasSubstr("no mounts with mapped owners"), HasSubstr("too large to be copied"),
                               HasSubstr(folder_ + "/client")));
}

TEST_P(AttackPlacesTest, ASocketBesideAMountIsToldAndNothingRuns) {
  if (!is_root()) GTEST_SKIP() << "only root can mount";
  const std::string socket = folder_ + "/client/host.sock";
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{AF_UNIX, {}};
  ASSERT_LT(socket.size(), sizeof address.sun_path);
  std::copy(socket.begin(), socket.end(), address.sun_path);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto cases = attempt(std::string(kAsks) + "ask()\n", kAnswers, {}, {},
                             after("mkdir client/mounted && mount -t tmpfs x client/mounted"));
  EXPECT_TRUE(cases.empty());
  EXPECT_EQ(done_.status.code, 3) << done_.out << done_.err;
  EXPECT_THAT(done_.err, AllOf(HasSubstr(socket), HasSubstr("client/mounted is mounted below it")));
  // Without it the folder is shown as it is.
  fs::remove(socket);
  const auto shown = play(std::string(kAsks) + "ask()\n", kAnswers, {}, {},
                          after("mount -t tmpfs x client/mounted && echo here > client/mounted/file"));
  EXPECT_EQ(verdicts(shown), std::vector<std::string>{"pass"}) << done_.err << shown.back().dump(1);
}

// A client that is not ours does not run with the caller's rights because the machine forbids cells.
TEST_P(AttackPlacesTest, WhereUserNamespacesAreUsedUpTheObstacleIsSaid) {
  const auto cases = attempt("open('/tmp/out-of-the-cell', 'w')\n", kAnswers, {}, {},
                             {"unshare", "--user", "--map-root-user", "sh", "-c",
                              "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$@\"", "sh"});
  if (GetParam().nobody) GTEST_SKIP() << "nobody is not mapped there";
  EXPECT_TRUE(cases.empty());
  EXPECT_EQ(done_.status.code, 3) << done_.out << done_.err;
  EXPECT_THAT(done_.err, AllOf(HasSubstr("user.max_user_namespaces is 0")));
  EXPECT_FALSE(fs::exists("/tmp/out-of-the-cell"));
}

// As Docker's profile does: unshare(2), and clone(2) and clone3(2) of namespaces, are refused.
constexpr const char* kRefusing = R"(import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
arm = os.uname().machine == "aarch64"
unshare, clone, clone3 = (97, 220, 435) if arm else (272, 56, 435)
def op(code, yes, no, value): return struct.pack("HBBI", code, yes, no, value)
code = [op(0x20, 0, 0, 0),
        op(0x15, 5, 0, unshare),
        op(0x15, 3, 0, clone3),
        op(0x15, 0, 4, clone),
        op(0x20, 0, 0, 16),
        op(0x45, 1, 2, 0x7E020000),
        op(0x06, 0, 0, 0x00050000 | 38),
        op(0x06, 0, 0, 0x00050000 | 1),
        op(0x06, 0, 0, 0x7FFF0000)]
bytes_ = b"".join(code)
buffer = ctypes.create_string_buffer(bytes_)
program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0): sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
)";

TEST_P(AttackPlacesTest, WhereASeccompProfileRefusesNamespacesTheObstacleIsSaid) {
  std::ofstream(folder_ + "/refusing.py") << kRefusing;
  const auto cases =
      attempt("open('/tmp/out-of-the-cell', 'w')\n", kAnswers, {}, {}, {"python3", folder_ + "/refusing.py"});
  EXPECT_TRUE(cases.empty());
  EXPECT_EQ(done_.status.code, 3) << done_.out << done_.err;
  EXPECT_THAT(done_.err, AllOf(HasSubstr("no cell: cannot make namespaces: Operation not permitted"),
                               HasSubstr("seccomp=unconfined")));
  EXPECT_FALSE(fs::exists("/tmp/out-of-the-cell"));
}

TEST_P(AttackPlacesTest, AClientInAHomeThatOnlyItsOwnerMayEnterRuns) {
  // A program, its interpreter and its virtual environment below a home of mode 0700.
  const std::string home = folder_ + "/home", own = home + "/tools/own";
  fs::create_directories(own + "/bin");
  fs::create_directories(own + "/lib");
  std::ofstream(own + "/pyvenv.cfg") << "home = /usr/bin\ninclude-system-site-packages = false\n";
  fs::create_symlink(fs::canonical("/usr/bin/python3"), own + "/bin/python3");
  std::ofstream(own + "/bin/tool") << "#!" << own << "/bin/python3\n"
                                   << kAsks << "ask()\nsys.stderr.write(sys.prefix)\n";
  std::ofstream(home + "/secret") << "hidden\n";
  fs::permissions(own + "/bin/tool", fs::perms(0755));
  fs::permissions(home, fs::perms(0700));
  if (GetParam().nobody) {
    process::ChildOptions chown;
    chown.argv = {"/bin/chown", "-R", "65534:65534", home};
    const auto given = process::run_program(std::move(chown), std::chrono::seconds(10));
    ASSERT_TRUE(given && given->status.ok());
  }
  std::ofstream(folder_ + "/client/mine.yaml")
      << "name: mine\ntitle: Mine\ncapabilities: [chat, stream]\nargv: [\"" << own
      << "/bin/tool\"]\n"
         "environment: {URL: \"${inference.url}\", KEY: \"${key}\"}\n";
  done_ =
      as_user({ASSAY_PROGRAM, "run", kAnswers, "--client", "./mine.yaml", "--out", "../out", "-j", "1"}, {});
  const auto cases = recorded();
  ASSERT_EQ(verdicts(cases), std::vector<std::string>{"pass"}) << done_.out << done_.err;
  EXPECT_EQ(cases[0]["output"].value("stderr", ""), own);
}

INSTANTIATE_TEST_SUITE_P(As, AttackPlacesTest,
                         testing::Values(Attacker{"user", false}, Attacker{"nobody", true}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace assay::attack

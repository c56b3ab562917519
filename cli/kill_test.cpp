// Whatever is killed, and whenever: nothing is left behind, and what was done can be read.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "harness/base/text.h"
#include "harness/base/unique_fd.h"
#include "harness/process/child.h"
#include "reports/record/reader.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kPlaces = 10;

std::string link_of(const fs::path& path) {
  std::error_code ignored;
  return fs::read_symlink(path, ignored).string();
}

struct Running {
  pid_t pid;
  std::string name;  // argv[0] and argv[1]
  std::string pid_namespace;
  pid_t parent;
};

pid_t parent_of(const std::string& pid) {
  const std::string stat = read_file("/proc/" + pid + "/stat").value_or("");
  const auto end = stat.rfind(')');  // the name before it may hold anything
  int parent = 0;
  if (end != std::string::npos) std::sscanf(stat.c_str() + end + 1, " %*c %d", &parent);
  return parent;
}

// Every process of this machine whose pid namespace is not ours.
std::vector<Running> processes_in_other_namespaces() {
  const std::string own = link_of("/proc/self/ns/pid");
  std::vector<Running> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string space = link_of(entry.path() / "ns" / "pid");
    if (space.empty() || space == own) continue;
    std::string command = read_file((entry.path() / "cmdline").string()).value_or("");
    for (char& c : command) c = c == '\0' ? ' ' : c;
    out.push_back({std::stoi(name), command, space, parent_of(name)});
  }
  return out;
}

bool port_is_free(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

// A run of the exchange suite that can be watched and killed.
class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-kill-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    temporary_ = folder_ + "/tmp";
    fs::create_directory(temporary_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  process::Child start(const std::string& out, const std::string& cases = "worldrouter/exchange") {
    spaces_.clear();
    process::ChildOptions options;
    options.argv = {ASSAY_PROGRAM, "run", cases, "-j", "3", "--out", out};
    options.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_, "TMPDIR=" + temporary_};
    auto child = process::Child::start(std::move(options));
    EXPECT_TRUE(child) << child.error().text();
    return std::move(*child);
  }

  // Waits until the record in `folder` has `lines` lines, its header among them; woken by the file system.
  static bool wait_for_lines(const std::string& folder, std::size_t lines) {
    fs::create_directories(folder);
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    inotify_add_watch(fd, folder.c_str(), IN_MODIFY | IN_CREATE);
    const auto until = steady_clock::now() + seconds(30);
    std::size_t seen = 0;
    while (seen < lines && steady_clock::now() < until) {
      const std::string text = read_file(folder + "/run.jsonl").value_or("");
      seen = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      if (seen >= lines) break;
      pollfd waiting{fd, POLLIN, 0};
      poll(&waiting, 1, 1000);
      char events[4096];
      while (read(fd, events, sizeof events) > 0) {
      }
    }
    close(fd);
    return seen >= lines;
  }

  // Notes which pid namespaces the cells of `run` have; call while it lives.
  void learn(const process::Child& run) {
    const auto all = processes_in_other_namespaces();
    std::set<pid_t> family = {run.pid()};
    for (bool grown = true; grown;) {
      grown = false;
      // The parent of a cell's pid 1 is a helper in our own namespace, which is in no list: ask for it too.
      for (const Running& r : all) {
        const bool related =
            family.contains(r.parent) || family.contains(parent_of(std::to_string(r.parent)));
        if (related && family.insert(r.pid).second) grown = true;
      }
    }
    for (const Running& r : all) {
      if (!family.contains(r.pid) || spaces_.contains(r.pid_namespace)) continue;
      const std::string path = "/proc/" + std::to_string(r.pid) + "/ns/pid";
      UniqueFd held(open(path.c_str(), O_RDONLY | O_CLOEXEC));
      // It may have ended since, and its number may be another's by now.
      if (held && link_of("/proc/self/fd/" + std::to_string(held.get())) == r.pid_namespace)
        spaces_.emplace(r.pid_namespace, std::move(held));
    }
  }

  // Processes in the cells that were noted.
  std::vector<Running> ours() const {
    std::vector<Running> out;
    for (Running& r : processes_in_other_namespaces()) {
      if (spaces_.contains(r.pid_namespace)) out.push_back(std::move(r));
    }
    return out;
  }

  void expect_nothing_left(const std::string& out, bool with_footer) const {
    // The kernel takes a namespace apart after its pid 1 has gone: wait for that, bounded.
    const auto until = steady_clock::now() + seconds(10);
    while (!ours().empty() && steady_clock::now() < until) std::this_thread::yield();
    for (const Running& r : ours()) ADD_FAILURE() << "left running: " << r.pid << " " << r.name;
    EXPECT_TRUE(fs::is_empty(temporary_)) << fs::directory_iterator(temporary_)->path();
    EXPECT_TRUE(port_is_free(1456));
    const auto record = read_record(out + "/run.jsonl");
    ASSERT_TRUE(record) << record.error().text();
    EXPECT_EQ(record->footer.has_value(), with_footer);
  }

  std::string folder_, temporary_;
  // The pid namespaces of the run that was started last. Each is held open: the kernel gives the number of
  // one that is gone to the next, which may be a cell of another run on this machine.
  std::map<std::string, UniqueFd> spaces_;
};

TEST_F(KillTest, OfTheRunnerLeavesNothing) {
  for (int place = 0; place < kPlaces; ++place) {
    const std::string out = folder_ + "/runner" + std::to_string(place);
    process::Child run = start(out);
    ASSERT_TRUE(wait_for_lines(out, static_cast<std::size_t>(2 + 2 * place)));
    learn(run);
    ASSERT_FALSE(ours().empty());
    kill(run.pid(), SIGKILL);
    ASSERT_TRUE(run.wait(seconds(10)));
    expect_nothing_left(out, false);
  }
}

TEST_F(KillTest, InterruptEndsWith130) {
  for (int place = 0; place < kPlaces; ++place) {
    const std::string out = folder_ + "/interrupt" + std::to_string(place);
    process::Child run = start(out);
    ASSERT_TRUE(wait_for_lines(out, static_cast<std::size_t>(2 + 2 * place)));
    learn(run);
    kill(run.pid(), SIGINT);
    const auto status = run.wait(seconds(20));
    ASSERT_TRUE(status) << status.error().text();
    EXPECT_EQ(status->code, 130) << run.text(process::Stream::err);
    expect_nothing_left(out, false);
  }
}

TEST_F(KillTest, OfACellCostsItsCaseAlone) {
  for (int place = 0; place < kPlaces; ++place) {
    const std::string out = folder_ + "/cell" + std::to_string(place);
    process::Child run = start(out);
    ASSERT_TRUE(wait_for_lines(out, static_cast<std::size_t>(2 + place)));
    learn(run);
    const auto cells = ours();
    ASSERT_FALSE(cells.empty());
    for (const Running& r : cells) {
      if (r.name.find("cell-worker") == std::string::npos) continue;
      kill(r.pid, SIGKILL);
      break;
    }
    const auto status = run.wait(seconds(60));
    ASSERT_TRUE(status) << status.error().text();
    EXPECT_EQ(status->code, 3) << run.text(process::Stream::out);
    expect_nothing_left(out, true);
  }
}

TEST_F(KillTest, OfAClientIsACrashOrAnErrorOfItsCase) {
  // Clients that live long enough to be found.
  std::ofstream(folder_ + "/slow.yaml") << R"(suite: demo/slow
cases:
  - id: answer
    title: Answer that takes a while
    axes: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]}
    requires: [chat, stream]
    credential: {kind: api_key, key: sk-slow-canary-0123456789abcdef}
    world: {inference: {turn: long, pace: 1ms, auth: {keys: [sk-slow-canary-0123456789abcdef]}}}
    do: [chat: {as: C, deadline: 20s}]
    expect: {answered: {C: {ok: true}}}
)";
  for (int place = 0; place < kPlaces; place += 3) {
    const std::string out = folder_ + "/client" + std::to_string(place);
    process::Child run = start(out, folder_ + "/slow.yaml");
    ASSERT_TRUE(wait_for_lines(out, static_cast<std::size_t>(2 + place)));
    bool killed = false;
    const auto until = steady_clock::now() + seconds(20);
    while (!killed && run.running() && steady_clock::now() < until) {
      learn(run);
      for (const Running& r : ours()) {
        if (r.name.find("client adapter") == std::string::npos) continue;
        killed = kill(r.pid, SIGKILL) == 0;
        break;
      }
    }
    EXPECT_TRUE(killed);
    const auto status = run.wait(seconds(60));
    ASSERT_TRUE(status) << status.error().text();
    // Killed between its answer and its shutdown, a client has done what was asked.
    EXPECT_THAT(status->code, testing::AnyOf(0, 1, 3)) << run.text(process::Stream::out);
    expect_nothing_left(out, true);
  }
}

}  // namespace
}  // namespace assay

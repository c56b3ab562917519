#include "harness/process/idle.h"

#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "harness/process/procfs.h"

namespace assay::process {
namespace {

namespace fs = std::filesystem;

// The state of a task, behind its name: "12 (a name) S 1 ...".
char state_in(const std::string& stat) {
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= stat.size() ? '?' : stat[name_end + 2];
}

bool threads_idle(pid_t pid, pid_t but) {
  std::error_code error;
  for (auto it = fs::directory_iterator("/proc/" + std::to_string(pid) + "/task", error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->path().filename() == std::to_string(but)) continue;
    const auto stat = read_file(it->path().string() + "/stat");
    if (!stat) continue;  // it has ended
    const char state = state_in(*stat);
    if (state == 'R' || state == 'D') return false;
  }
  return true;
}

}  // namespace

bool others_are_idle() {
  if (!threads_idle(::getpid(), ::gettid())) return false;
  std::vector<pid_t> left = children_of(::getpid());
  while (!left.empty()) {
    const pid_t pid = left.back();
    left.pop_back();
    if (!threads_idle(pid, 0)) return false;
    for (const pid_t child : children_of(pid)) left.push_back(child);
  }
  return true;
}

}  // namespace assay::process

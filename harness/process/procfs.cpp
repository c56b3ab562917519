#include "harness/process/procfs.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "harness/base/text.h"

namespace assay::process {
namespace {

template <typename Number>
Number number_at(const std::vector<std::string_view>& fields, std::size_t index) {
  Number value{};
  if (index < fields.size()) {
    const auto field = fields[index];
    std::from_chars(field.data(), field.data() + field.size(), value);
  }
  return value;
}

std::vector<std::string> zero_separated(std::string_view bytes) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    const auto end = bytes.find('\0');
    out.emplace_back(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

// proc(5), /proc/PID/stat: "pid (comm) state ppid pgrp session ... starttime(22) ..."; comm may hold
// anything.
std::optional<ProcessInfo> find_process(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const auto stat = read_file(folder + "/stat");
  if (!stat) return std::nullopt;
  const auto open = stat->find('(');
  const auto close = stat->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= stat->size())
    return std::nullopt;
  const auto fields = split(std::string_view(*stat).substr(close + 2), ' ');
  ProcessInfo info;
  info.pid = pid;
  info.name = stat->substr(open + 1, close - open - 1);
  info.state = fields[0].empty() ? '?' : fields[0].front();
  info.parent = number_at<pid_t>(fields, 1);
  info.session = number_at<pid_t>(fields, 3);
  info.start_ticks = number_at<std::uint64_t>(fields, 19);
  if (const auto line = read_file(folder + "/cmdline")) info.argv = zero_separated(*line);
  return info;
}

std::vector<ProcessInfo> list_processes() {
  std::vector<ProcessInfo> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    pid_t pid = 0;
    const auto [stop, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc() || stop != name.data() + name.size()) continue;
    if (auto info = find_process(pid)) out.push_back(std::move(*info));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return out;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> out;
  bool known = false;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && it != end; it.increment(error)) {
    const auto text = read_file(it->path().string() + "/children");
    if (!text) continue;
    known = true;
    const auto fields = split(trim(*text), ' ');
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (const auto child = number_at<pid_t>(fields, i); child > 0) out.push_back(child);
    }
  }
  if (known || error) return out;
  for (const ProcessInfo& p : list_processes()) {
    if (p.parent == pid) out.push_back(p.pid);
  }
  return out;
}

std::vector<ProcessInfo> session_members(pid_t session) {
  auto all = list_processes();
  std::erase_if(all, [&](const ProcessInfo& p) {
    return p.session != session || p.pid == session || p.state == 'Z' || p.state == 'X';
  });
  return all;
}

Result<std::vector<std::string>> process_environment(pid_t pid) {
  auto bytes = read_file("/proc/" + std::to_string(pid) + "/environ");
  if (!bytes) return tl::unexpected(bytes.error());
  return zero_separated(*bytes);
}

}  // namespace assay::process

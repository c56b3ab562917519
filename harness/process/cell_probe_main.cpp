// The worker of the cell tests: answers one line for each line, "ok ..." or the text of the errno. With
// --measure N PATH... it tells how fast N cells are made that show the paths, and N sandboxes in one.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "harness/base/journal.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"
#include "harness/process/furnish.h"
#include "harness/process/procfs.h"

namespace {

std::string answer(bool done) {
  return done ? "ok" : std::strerror(errno);
}

sockaddr_in address(const std::string& host, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &out.sin_addr);
  return out;
}

// Sockets stay open until the worker ends.
std::string listen_on(const std::string& host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto where = address(host, port);
  return answer(::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 &&
                ::listen(fd, 5) == 0);
}

std::string connect_to(const std::string& host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto where = address(host, port);
  return answer(::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
}

std::string create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return answer(fd >= 0 && ::write(fd, "x", 1) == 1);
}

[[noreturn]] void wait_for_ever() {
  while (true) ::pause();
}

// A grandchild in a session of its own whose parent has ended: it is pid 1's now.
std::string orphan(bool stays) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) {
      ::setsid();
      if (stays) wait_for_ever();
      while (::getppid() != 1) ::sched_yield();
    }
    ::_exit(0);
  }
  return answer(::waitpid(child, nullptr, 0) == child);
}

std::string capabilities_of_a_child() {
  assay::process::ChildOptions options;
  options.argv = {"/bin/grep", "CapEff", "/proc/self/status"};
  const auto done = assay::process::run_program(options, std::chrono::seconds(10));
  if (!done) return done.error().text();
  return done->out.substr(0, done->out.find('\n'));
}

// What a client does: looks a name up and connects.
int try_to_reach(const char* host, const char* port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;  // as most programs ask
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host, port, &hints, &found); error != 0) {
    std::cout << ::gai_strerror(error) << std::endl;
    return 1;
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM, 0);
  const bool done = ::connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  std::cout << answer(done) << std::endl;
  ::freeaddrinfo(found);
  return done ? 0 : 1;
}

// The private world that the worker makes for its clients.
struct World {
  assay::SystemClock clock;
  assay::Journal journal{clock};
  std::optional<assay::process::Furnished> furnished;
  std::vector<assay::process::Mounted> mounted;

  std::string furnish() {
    assay::process::Furniture furniture;
    furniture.hosts = {{"api.example", "127.0.0.1"}};
    furniture.names["gone.example"] = std::nullopt;
    furniture.names["*.far.example"] = std::vector<std::string>{"192.0.2.7", "2001:db8::7"};
    furniture.ca_pem = "authorities of the cell\n";
    auto made = assay::process::furnish(furniture, journal);
    if (!made) return made.error().text();
    furnished.emplace(std::move(*made));
    return "ok";
  }
  std::string hide(const std::string& directory) {
    auto memory = assay::process::mount_memory(directory, 8192);
    if (!memory) return memory.error().text();
    mounted.push_back(std::move(*memory));
    return "ok";
  }
  std::string small_home(const std::string& directory) {
    ::mkdir(directory.c_str(), 0700);
    auto memory = assay::process::mount_memory(directory, 8192);
    if (!memory) return memory.error().text();
    mounted.push_back(std::move(*memory));
    const int fd = ::open((directory + "/file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string bytes(65536, 'x');
    ssize_t n = 0, total = 0;
    while ((n = ::write(fd, bytes.data(), bytes.size())) > 0) total += n;
    return std::to_string(total) + " " + std::strerror(errno);
  }
  std::string told() {
    furnished.reset();  // the watch ends when all was journalled
    std::string out;
    for (const auto& e : journal.entries()) {
      out += std::string(assay::to_string(e->kind)) + " " + e->text +
             (e->detail.contains("type") ? " " + e->detail["type"].get<std::string>() : "") + "; ";
    }
    return out;
  }
};

// Runs a shell command in a sandbox of its own: what it printed, and what it left behind.
std::string in_sandbox(const std::string& command,
                       std::optional<assay::process::TerminalSize> terminal = std::nullopt) {
  auto sandbox = assay::process::Sandbox::make();
  if (!sandbox) return sandbox.error().text();
  assay::process::ChildOptions options;
  options.argv = {"/bin/bash", "-c", command};
  options.environment = {"PATH=/usr/bin:/bin"};
  options.sandbox = sandbox->get();
  options.terminal = terminal;
  auto child = assay::process::Child::start(std::move(options));
  if (!child) return child.error().text();
  auto status = child->wait(std::chrono::seconds(20));
  if (!status) status = child->stop(std::chrono::seconds(0));
  std::string out = child->text(assay::process::Stream::out) + child->text(assay::process::Stream::err);
  std::replace(out.begin(), out.end(), '\n', ';');
  if (!status->ok()) out += status->text() + ";";
  for (const auto& left : child->left_behind()) out += "left " + left.name + ";";
  return out;
}

std::string reach(const std::string& host, const std::string& port) {
  assay::process::ChildOptions options;
  options.argv = {assay::process::own_executable(), "--reach", host, port};
  const auto done = assay::process::run_program(options, std::chrono::seconds(10));
  if (!done) return done.error().text();
  return done->out.substr(0, done->out.find('\n'));
}

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// In the worker: what containing a case costs (its memory, its sandbox with the filter, their end), beside a
// program that runs in it.
std::string measure_sandbox(int times) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> memory, up, run, down, whole;
  const auto between = [](Clock::time_point a, Clock::time_point b) {
    return std::chrono::duration<double, std::milli>(b - a).count();
  };
  const auto filter = assay::process::make_syscall_filter();
  if (!filter) return filter.error().text();
  for (int i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    auto mounted = assay::process::CaseMemory::mount(std::uint64_t{4} << 30U);
    if (!mounted) return mounted.error().text();
    std::optional<assay::process::CaseMemory> files(std::move(*mounted));
    const auto remembered = Clock::now();
    auto sandbox = assay::process::Sandbox::make({{}, *filter});
    if (!sandbox) return sandbox.error().text();
    const auto made = Clock::now();
    assay::process::ChildOptions options;
    options.argv = {"/bin/true"};
    options.sandbox = sandbox->get();
    (void)assay::process::run_program(std::move(options), std::chrono::seconds(10));
    const auto ran = Clock::now();
    sandbox->reset();
    files.reset();
    const auto ended = Clock::now();
    memory.push_back(between(begin, remembered));
    up.push_back(between(remembered, made));
    run.push_back(between(made, ran));
    down.push_back(between(ran, ended));
    whole.push_back(memory.back() + up.back() + down.back());
  }
  std::string out;
  for (const auto& [name, all] :
       {std::pair("memory", &memory), std::pair("sandbox", &up), std::pair("end", &down),
        std::pair("together", &whole), std::pair("/bin/true in it", &run)}) {
    std::sort(all->begin(), all->end());
    char text[100];
    std::snprintf(text, sizeof text, "%s%s: %.2f ms (p90 %.2f)", out.empty() ? "case: " : ", ", name,
                  (*all)[all->size() / 2], (*all)[all->size() * 9 / 10]);
    out += text;
  }
  return out;
}

std::string obey(const std::string& line, World& world) {
  std::istringstream in(line);
  std::string verb, text;
  int number = 0;
  in >> verb;
  if (verb == "listen") return in >> text >> number, listen_on(text, number);
  if (verb == "connect") return in >> text >> number, connect_to(text, number);
  if (verb == "create") return in >> text, create(text);
  if (verb == "measure-sandbox") return in >> number, measure_sandbox(std::max(1, number));
  if (verb == "orphan") return orphan(true);
  if (verb == "orphan-that-ends") return orphan(false);
  if (verb == "child-capabilities") return capabilities_of_a_child();
  if (verb == "sandbox") return std::getline(in, text), in_sandbox(text);
  if (verb == "terminal") return std::getline(in, text), in_sandbox(text, assay::process::TerminalSize{});
  std::string second;
  if (verb == "furnish") return world.furnish();
  if (verb == "reach") return in >> text >> second, reach(text, second);
  if (verb == "told") return world.told();
  if (verb == "first-line") return in >> text, first_line(text);
  if (verb == "hide") return in >> text, world.hide(text);
  if (verb == "small-home") return in >> text, world.small_home(text);
  if (verb == "replace") {
    in >> text >> second;
    auto replaced = assay::process::replace_file(text, second + "\n");
    if (!replaced) return replaced.error().text();
    const std::string during = first_line(text);
    *replaced = {};
    return during + (first_line(text) == during ? " still" : " and back");
  }
  if (verb == "exit") in >> number, ::_exit(number);
  if (verb == "abort") std::abort();
  if (verb == "hang") wait_for_ever();
  std::ostringstream out;
  if (verb == "uid") out << ::getuid() << ' ' << ::getgid();
  if (verb == "env") {
    for (char** variable = environ; *variable != nullptr; ++variable) out << *variable << ' ';
  }
  if (verb == "processes") {
    for (const auto& p : assay::process::list_processes()) out << p.pid << p.state << ' ';
  }
  return out.str();
}

int complain(const assay::Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return 1;
}

// How long it takes to make a cell whose worker has answered, and to end it: the median and the ninth decile.
// The cells show `shows` beside the rest.
int measure(int times, const std::vector<std::string>& shows) {
  using Clock = std::chrono::steady_clock;
  assay::process::CellOptions options;
  options.shows = shows;
  std::vector<double> up, down;
  for (int i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    auto answered = begin;
    {
      auto cell = assay::process::Cell::start(options, {assay::process::own_executable()});
      if (!cell) return complain(cell.error());
      if (auto answer = cell->request("uid", std::chrono::seconds(10)); !answer)
        return complain(answer.error());
      answered = Clock::now();
    }
    up.push_back(std::chrono::duration<double, std::milli>(answered - begin).count());
    down.push_back(std::chrono::duration<double, std::milli>(Clock::now() - answered).count());
  }
  auto cell = assay::process::Cell::start(options, {assay::process::own_executable()});
  if (!cell) return complain(cell.error());
  const auto sandboxes = cell->request("measure-sandbox " + std::to_string(times), std::chrono::minutes(5));
  if (!sandboxes) return complain(sandboxes.error());
  std::printf("%s\n", sandboxes->c_str());
  std::sort(up.begin(), up.end());
  std::sort(down.begin(), down.end());
  const std::size_t middle = up.size() / 2, ninth = up.size() * 9 / 10;
  std::printf("start to first answer: %.2f ms (p90 %.2f), end: %.2f ms (p90 %.2f)\n", up[middle], up[ninth],
              down[middle], down[ninth]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc >= 3 && std::string(argv[1]) == "--measure")
    return measure(std::max(1, std::atoi(argv[2])), {argv + 3, argv + argc});
  if (argc == 4 && std::string(argv[1]) == "--reach") return try_to_reach(argv[2], argv[3]);
  World world;
  for (std::string line; std::getline(std::cin, line);) std::cout << obey(line, world) << std::endl;
  return 0;
}

// The worker of the cell tests: answers one line for each line, "ok ..." or the text of the errno.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/process/child.h"
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

// A grandchild in a session of its own whose parent has ended: it is pid 1's now.
std::string orphan(bool stays) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) {
      ::setsid();
      while (stays) ::pause();
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

std::string obey(const std::string& line) {
  std::istringstream in(line);
  std::string verb, text;
  int number = 0;
  in >> verb;
  if (verb == "listen") return in >> text >> number, listen_on(text, number);
  if (verb == "connect") return in >> text >> number, connect_to(text, number);
  if (verb == "create") return in >> text, create(text);
  if (verb == "orphan") return orphan(true);
  if (verb == "orphan-that-ends") return orphan(false);
  if (verb == "child-capabilities") return capabilities_of_a_child();
  if (verb == "exit") in >> number, ::_exit(number);
  if (verb == "abort") std::abort();
  if (verb == "hang") {
    while (true) ::pause();
  }
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

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) std::cout << obey(line) << std::endl;
  return 0;
}

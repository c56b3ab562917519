#include "harness/process/resolver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "harness/base/text.h"
#include "harness/base/unique_fd.h"
#include "harness/process/dns.h"
#include "harness/process/network_order.h"

namespace assay::process {
namespace {

constexpr std::size_t kMostConnections = 64, kMostMessage = 65535;

// Bound to every address of one family.
Result<UniqueFd> bound(int family, int type, std::uint16_t port) {
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  const int on = 1;
  if (fd && family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* where =
      family == AF_INET6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  if (!fd || ::bind(fd.get(), where, family == AF_INET6 ? sizeof v6 : sizeof v4) != 0 ||
      (type == SOCK_STREAM && ::listen(fd.get(), 16) != 0)) {
    return fail(
        fmt::format("cannot serve names on port {}: {}", port, std::generic_category().message(errno)));
  }
  return fd;
}

std::uint16_t port_of(const UniqueFd& fd) {
  sockaddr_in where{};
  socklen_t size = sizeof where;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&where), &size);
  return ntohs(where.sin_port);
}

}  // namespace

struct Resolver::State {
  State(ResolverOptions o, Journal& j)
      : names(std::move(o.names)), others(std::move(o.others)), journal(&j) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!thread.joinable()) return;
    const std::uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
    thread.join();
  }

  struct Connection {  // DNS over TCP: each message after its length (RFC 7766)
    UniqueFd fd;
    std::string received;
  };

  // The caller holds the lock.
  std::optional<std::vector<std::string>> find(const std::string& name) {
    if (const auto exact = names.find(name); exact != names.end()) return exact->second;
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      if (const auto below = names.find("*" + name.substr(dot)); below != names.end()) return below->second;
    }
    return others;
  }

  // Empty = no answer.
  std::string answer(std::string_view message, std::string_view transport) {
    const auto query = parse_dns_query(message);
    const std::lock_guard lock(mutex);
    if (!query) {
      if (journal != nullptr) journal->note("dns", JournalKind::bad_request, query.error().message);
      return {};
    }
    const auto addresses = find(query->name);
    const auto shown = addresses ? nlohmann::json(*addresses) : nlohmann::json();
    if (journal != nullptr) {
      journal->note("dns", JournalKind::lookup, is_utf8(query->name) ? query->name : base64(query->name),
                    {{"type", to_string(query->type)}, {"answer", shown}, {"transport", transport}});
    }
    return dns_response(*query, addresses ? DnsCode::no_error : DnsCode::no_such_name,
                        addresses.value_or(std::vector<std::string>()));
  }

  void serve_datagram(const UniqueFd& fd) {
    std::array<char, kMostMessage> bytes;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto n =
        ::recvfrom(fd.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0) return;
    const auto out = answer({bytes.data(), static_cast<std::size_t>(n)}, "udp");
    if (!out.empty())
      ::sendto(fd.get(), out.data(), out.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&from), size);
  }

  // False when the connection has ended.
  bool serve_connection(Connection& connection) {
    std::array<char, 4096> bytes;
    const auto n = ::recv(connection.fd.get(), bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n <= 0) return false;
    std::string& received = connection.received;
    received.append(bytes.data(), static_cast<std::size_t>(n));
    while (received.size() >= 2) {
      const std::size_t length = number_at(received, 0);
      if (received.size() < 2 + length) return true;
      const auto out = answer(std::string_view(received).substr(2, length), "tcp");
      received.erase(0, 2 + length);
      if (out.empty()) return false;
      const std::string framed =
          std::string{static_cast<char>(out.size() >> 8U), static_cast<char>(out.size() & 0xFFU)} + out;
      if (::send(connection.fd.get(), framed.data(), framed.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(framed.size()))
        return false;
    }
    return true;
  }

  void loop() {
    std::list<Connection> connections;
    while (true) {
      std::vector<pollfd> wait = {{wake.get(), POLLIN, 0}};
      for (const UniqueFd& fd : datagrams) wait.push_back({fd.get(), POLLIN, 0});
      for (const UniqueFd& fd : listeners) wait.push_back({fd.get(), POLLIN, 0});
      for (const Connection& connection : connections) wait.push_back({connection.fd.get(), POLLIN, 0});
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;  // EINTR
      if (wait[0].revents != 0) return;
      std::size_t i = 1;
      for (const UniqueFd& fd : datagrams) {
        if (wait[i++].revents != 0) serve_datagram(fd);
      }
      std::vector<UniqueFd> accepted;
      for (const UniqueFd& fd : listeners) {
        if (wait[i++].revents != 0)
          accepted.emplace_back(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      }
      for (auto it = connections.begin(); it != connections.end();) {
        const bool ended = wait[i++].revents != 0 && !serve_connection(*it);
        it = ended ? connections.erase(it) : std::next(it);
      }
      for (UniqueFd& fd : accepted) {
        if (!fd) continue;
        if (connections.size() >= kMostConnections) connections.pop_front();
        connections.push_back({std::move(fd), {}});
      }
    }
  }

  std::mutex mutex;
  NameTable names;
  const std::optional<std::vector<std::string>> others;
  Journal* journal;  // under the mutex, as the names
  UniqueFd wake;
  std::vector<UniqueFd> datagrams, listeners;
  std::thread thread;
};

Resolver::Resolver(std::unique_ptr<State> state) : state_(std::move(state)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

namespace {

// One socket for each family and transport, all on one port; 0 = the kernel chooses.
Result<void> open_sockets(std::uint16_t port, std::vector<UniqueFd>& datagrams,
                          std::vector<UniqueFd>& listeners) {
  datagrams.clear();
  listeners.clear();
  for (const int family : {AF_INET, AF_INET6}) {
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
      auto fd = bound(family, type, port);
      if (!fd && family == AF_INET6) continue;  // a kernel without IPv6
      if (!fd) return tl::unexpected(fd.error());
      if (port == 0) port = port_of(*fd);
      (type == SOCK_DGRAM ? datagrams : listeners).push_back(std::move(*fd));
    }
  }
  return {};
}

}  // namespace

Result<Resolver> Resolver::start(ResolverOptions options, Journal& journal) {
  const std::uint16_t port = options.port;
  auto state = std::make_unique<State>(std::move(options), journal);
  state->wake.reset(::eventfd(0, EFD_CLOEXEC));
  auto opened = open_sockets(port, state->datagrams, state->listeners);
  // The port that the kernel chose for UDP may be taken for TCP: ask for another.
  for (int attempt = 0; !opened && port == 0 && attempt < 32; ++attempt) {
    opened = open_sockets(port, state->datagrams, state->listeners);
  }
  if (!opened) return tl::unexpected(opened.error());
  state->thread = std::thread(&State::loop, state.get());
  return Resolver(std::move(state));
}

std::uint16_t Resolver::port() const {
  return port_of(state_->datagrams.front());
}

void Resolver::set(const std::string& name, std::optional<std::vector<std::string>> addresses) {
  const std::lock_guard lock(state_->mutex);
  state_->names[to_lower(name)] = std::move(addresses);
}

void Resolver::follow(NameTable names, Journal* journal) {
  const std::lock_guard lock(state_->mutex);
  state_->names = std::move(names);
  state_->journal = journal;
}

}  // namespace assay::process

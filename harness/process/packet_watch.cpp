#include "harness/process/packet_watch.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>

#include "harness/base/unique_fd.h"
#include "harness/process/network_order.h"

namespace assay::process {
namespace {

constexpr unsigned kTcp = 6, kUdp = 17, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::size_t kMostPending = 4096;

// Lets through TCP segments with SYN or RST, and UDP; the payload of streams is never copied.
// The packet begins at its IP header (SOCK_DGRAM). An IPv6 packet on loopback has no extension header.
std::array<sock_filter, 16> filter_program() {
  return {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),                    // 0: version and header length
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xF0),                // 1
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 6, 0),          // 2: IPv6 -> 9
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),                    // 3: IPv4 protocol
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kUdp, 9, 0),          // 4: -> 14 accept
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTcp, 0, 9),          // 5: else -> 15 drop
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),                   // 6: X = length of the IPv4 header
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),                   // 7: TCP flags
      BPF_JUMP(BPF_JMP | BPF_JA, 4, 0, 0),                      // 8: -> 13
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),                    // 9: IPv6 next header
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kUdp, 3, 0),          // 10: -> 14 accept
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTcp, 0, 3),          // 11: else -> 15 drop
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40 + 13),              // 12: TCP flags
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn | kRst, 0, 1),  // 13: else -> 15 drop
      BPF_STMT(BPF_RET | BPF_K, 128),                           // 14: accept, headers only
      BPF_STMT(BPF_RET | BPF_K, 0),                             // 15: drop
  }};
}

struct Packet {
  unsigned protocol = 0;
  std::string from, to;  // literal addresses
  std::uint16_t from_port = 0, to_port = 0;
  unsigned flags = 0;  // of TCP
};

std::string address_at(std::string_view bytes, std::size_t at, int family) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, bytes.data() + at, text.data(), text.size());
  return text.data();
}

std::optional<Packet> parse_packet(std::string_view bytes) {
  if (bytes.size() < 20) return std::nullopt;
  Packet out;
  std::size_t header = 0;
  if (static_cast<unsigned char>(bytes[0]) >> 4U == 4) {
    header = (static_cast<unsigned char>(bytes[0]) & 0x0FU) * std::size_t{4};
    out.protocol = static_cast<unsigned char>(bytes[9]);
    out.from = address_at(bytes, 12, AF_INET);
    out.to = address_at(bytes, 16, AF_INET);
  } else if (bytes.size() >= 40) {
    header = 40;
    out.protocol = static_cast<unsigned char>(bytes[6]);
    out.from = address_at(bytes, 8, AF_INET6);
    out.to = address_at(bytes, 24, AF_INET6);
  }
  if (header == 0 || bytes.size() < header + 8) return std::nullopt;
  out.from_port = number_at(bytes, header);
  out.to_port = number_at(bytes, header + 2);
  if (out.protocol == kTcp) {
    if (bytes.size() < header + 14) return std::nullopt;
    out.flags = static_cast<unsigned char>(bytes[header + 13]);
  }
  return out;
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

struct PacketWatch::State {
  explicit State(Journal* j) : journal(j) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!thread.joinable()) return;
    ask([this] { ending = true; });
    thread.join();
  }

  // Lets the thread take the change, which it does when it has seen all packets that there are.
  template <typename Change>
  void ask(Change change) {
    {
      const std::lock_guard lock(mutex);
      change();
      ++asked;
    }
    const std::uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
  }

  void follow(Journal* other) {
    ask([&] { next = other; });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done == asked; });
  }

  // False: the watch ends.
  bool take_change() {
    std::uint64_t count = 0;
    (void)!::read(wake.get(), &count, sizeof count);
    const std::lock_guard lock(mutex);
    pending.clear();
    journal = next;
    done = asked;
    changed.notify_all();
    return !ending;
  }

  void tell(const Packet& attempt, JournalKind kind, std::string_view outcome) {
    if (journal == nullptr) return;
    const bool v6 = attempt.to.find(':') != std::string::npos;
    const std::string_view protocol = attempt.protocol == kTcp ? "tcp" : "udp";
    journal->note("cell", kind,
                  fmt::format("{} {}{}{}:{}{}{}", protocol, v6 ? "[" : "", attempt.to, v6 ? "]" : "",
                              attempt.to_port, outcome.empty() ? "" : " ", outcome),
                  {{"protocol", protocol},
                   {"address", attempt.to},
                   {"port", attempt.to_port},
                   {"outcome", outcome.empty() ? nlohmann::json() : nlohmann::json(outcome)}});
  }

  // A SYN is an attempt; what comes back for it, a SYN with ACK or a RST, says how it went.
  void see(const Packet& packet) {
    if (packet.protocol == kUdp) {
      if (packet.to_port != 53 && packet.from_port != 53 && !is_loopback(packet.to)) {
        tell(packet, JournalKind::unclaimed, "");
      }
      return;
    }
    if ((packet.flags & kSyn) != 0 && (packet.flags & kAck) == 0) {
      if (pending.size() >= kMostPending) pending.clear();
      pending[{packet.from, packet.from_port, packet.to, packet.to_port}] = packet;
      return;
    }
    const auto attempt = pending.find({packet.to, packet.to_port, packet.from, packet.from_port});
    if (attempt == pending.end()) return;
    if ((packet.flags & kRst) != 0) {
      tell(attempt->second, JournalKind::unclaimed, "refused");
    } else if (!is_loopback(attempt->second.to)) {
      tell(attempt->second, JournalKind::connect, "answered");
    }
    pending.erase(attempt);
  }

  void loop() {
    std::array<pollfd, 2> wait = {{{wake.get(), POLLIN, 0}, {packets.get(), POLLIN, 0}}};
    std::array<char, 256> bytes;
    while (true) {
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;  // EINTR
      while (true) {
        const auto n = ::recv(packets.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0) break;
        if (const auto packet = parse_packet({bytes.data(), static_cast<std::size_t>(n)})) see(*packet);
      }
      if (wait[0].revents != 0 && !take_change()) return;
    }
  }

  Journal* journal;  // of the thread
  std::mutex mutex;
  std::condition_variable changed;
  Journal* next = nullptr;
  bool ending = false;
  std::uint64_t asked = 0, done = 0;
  UniqueFd wake, packets;
  std::map<std::tuple<std::string, std::uint16_t, std::string, std::uint16_t>, Packet> pending;  // from, to
  std::thread thread;
};

PacketWatch::PacketWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
PacketWatch::PacketWatch(PacketWatch&&) noexcept = default;
PacketWatch& PacketWatch::operator=(PacketWatch&&) noexcept = default;
PacketWatch::~PacketWatch() = default;

void PacketWatch::follow(Journal* journal) {
  state_->follow(journal);
}

Result<PacketWatch> PacketWatch::start(Journal& journal) {
  auto state = std::make_unique<State>(&journal);
  state->wake.reset(::eventfd(0, EFD_CLOEXEC));
  // Protocol 0 takes nothing until it is bound, so that nothing comes in before the filter stands.
  state->packets.reset(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto program = filter_program();
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  const int on = 1;
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  where.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  const int fd = state->packets.get();
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
    return fail("cannot watch packets: " + std::generic_category().message(errno));
  }
  state->thread = std::thread(&State::loop, state.get());
  return PacketWatch(std::move(state));
}

}  // namespace assay::process

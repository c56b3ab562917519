#include "harness/http/server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/ip/tcp.hpp>
#include <future>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "harness/http/connection.h"
#include "harness/http/loop.h"
#include "harness/http/websocket.h"

namespace assay::http {
namespace {

using boost::asio::ip::tcp;
using wire::ListenerMode;

constexpr int kBacklog = 4096;
constexpr Micros kAcceptPause = std::chrono::milliseconds(20);  // after EMFILE and the like
constexpr std::uint64_t kOtherFiles = 64;                       // what a process opens beside connections
constexpr std::uint64_t kMostConnections = 20'000;              // open at once; at 10 KiB each that is 200 MB

// Everything of a listener lives on the first loop, except `name` and `port`, which never change.
struct Listener {
  Listener(ListenerSpec s, Loop& loop) : spec(std::move(s)), acceptor(loop.io()), name(spec.name) {}
  ListenerSpec spec;
  std::uint16_t port = 0;
  UniqueFd reserved;  // bound, never listening: keeps the port ours while connections are refused
  tcp::acceptor acceptor;
  const std::string name;
  std::shared_ptr<const Door> door;
  bool cannot_accept = false;  // the last attempt failed
  std::uint64_t changes = 0;   // how often the mode was set; ends the timer of an earlier one
};

Result<LeafFlaw> flaw_of(const std::string& failure) {
  if (failure == "expired") return LeafFlaw::expired;
  if (failure == "wrong-host") return LeafFlaw::wrong_host;
  if (failure == "self-signed") return LeafFlaw::self_signed;
  if (failure == "unknown-ca") return LeafFlaw::unknown_ca;
  return fail(
      fmt::format("no TLS failure is called \"{}\": expected expired, wrong-host, self-signed, unknown-ca, "
                  "handshake-close or not-tls",
                  failure));
}

// How many connections this process may hold: kMostConnections, or as many files as it may open.
std::uint64_t most_connections() {
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return kMostConnections;
  return std::min<std::uint64_t>(kMostConnections,
                                 files.rlim_cur - std::min(files.rlim_cur / 2, kOtherFiles));
}

class BeastServer final : public Server, public House {
 public:
  BeastServer(Handler& handler, Journal& journal, const Clock& clock, Limits limits, unsigned threads)
      : handler_(handler), journal_(journal), clock_(clock), limits_(limits), shared_(threads > 1) {
    for (unsigned i = 0; i < std::max(1U, threads); ++i) loops_.push_back(std::make_unique<Loop>());
  }

  ~BeastServer() override {
    first().run_and_wait([this] {
      for (auto& listener : listeners_) {
        boost::system::error_code ignored;
        listener->acceptor.close(ignored);
      }
    });
    for (auto& loop : loops_) {
      loop->run_and_wait([&] {
        while (!loop->connections().empty()) {
          const auto connection = loop->connections().begin()->second;
          connection->abandon();
        }
        stopped_ = true;
      });
    }
    for (auto& loop : loops_) loop->stop();
    listeners_.clear();  // before the loops that their acceptors belong to
  }

  Result<void> open(std::vector<ListenerSpec> specs) {
    for (ListenerSpec& spec : specs) {
      auto listener = std::make_unique<Listener>(std::move(spec), first());
      auto reserved = bind_tcp({listener->spec.host, listener->spec.port});
      if (!reserved) return tl::unexpected(reserved.error());
      listener->reserved = std::move(*reserved);
      listener->port = local_port(listener->reserved.get());
      listeners_.push_back(std::move(listener));
      Listener& added = *listeners_.back();
      if (auto set = apply(added, added.spec.mode, true); !set) return set;
    }
    for (auto& loop : loops_) loop->start();
    return {};
  }

  std::uint16_t port(std::string_view name) const override {
    for (const auto& listener : listeners_) {
      if (listener->name == name) return listener->port;
    }
    return 0;
  }

  void release(const std::string& name) override {
    {
      const std::lock_guard lock(holds_mutex_);
      released_.insert(name);
    }
    for (auto& loop : loops_) {
      loop->post([loop = loop.get(), name] {
        // A released connection may end, or end others: each is looked up when its turn comes.
        for (const std::uint64_t id : loop->waiting().take(name)) {
          const auto found = loop->connections().find(id);
          if (found == loop->connections().end()) continue;
          const auto connection = found->second;
          connection->released(name);
        }
      });
    }
  }

  void hold(const std::string& name) override {
    const std::lock_guard lock(holds_mutex_);
    released_.erase(name);
  }

  void post(std::function<void()> f, Micros delay) override {
    auto as_handler = [this, f = std::move(f)] { with_handler([&](Handler&) { f(); }); };
    first().post([this, delay, as_handler = std::move(as_handler)]() mutable {
      if (delay <= Micros(0)) {
        as_handler();
      } else {
        first().after(delay, std::move(as_handler));
      }
    });
  }

  void send(std::uint64_t connection, std::string message, bool binary) override {
    on_websocket(connection, [message = std::move(message), binary](WebSocket& socket) mutable {
      socket.send(std::move(message), binary);
    });
  }

  void close(std::uint64_t connection, std::uint16_t code) override {
    on_websocket(connection, [code](WebSocket& socket) { socket.close(code); });
  }

  Result<void> set_mode(const std::string& name, const ListenerMode& mode) override {
    Result<void> result;
    bool found = false;
    first().run_and_wait([&] {
      for (auto& listener : listeners_) {
        if (listener->name != name || !result) continue;
        // Of two listeners of one fake, only that over TLS has a handshake that can fail.
        if (mode.kind == ListenerMode::Kind::tls_failure && !listener->spec.authority) continue;
        found = true;
        result = apply(*listener, mode, false);
      }
    });
    if (!found)
      return fail(fmt::format("there is no listener \"{}\"{}", name,
                              mode.kind == ListenerMode::Kind::tls_failure ? " that speaks TLS" : ""));
    return result;
  }

 private:
  Loop& first() { return *loops_.front(); }

  // House
  const Limits& limits() const override { return limits_; }
  const Clock& clock() const override { return clock_; }
  std::uint64_t next_exchange() override { return ++exchanges_; }
  void journal(JournalEntry entry) override { journal_.append(std::move(entry)); }
  void with_handler(const std::function<void(Handler&)>& f) override {
    std::unique_lock lock(handler_mutex_, std::defer_lock);
    if (shared_) lock.lock();
    f(handler_);
  }
  void ended() override { --open_; }
  bool held(const std::string& name) override {
    const std::lock_guard lock(holds_mutex_);
    return !released_.contains(name);
  }

  template <typename F>
  void on_websocket(std::uint64_t id, F f) {
    Loop& loop = *loops_[id % loops_.size()];
    loop.post([&loop, id, f = std::move(f)]() mutable {
      const auto found = loop.connections().find(id);
      if (found == loop.connections().end()) return;
      const auto connection = found->second;
      if (connection->websocket() != nullptr) f(*connection->websocket());
    });
  }

  // Makes `listener` behave as `mode` says. On the first loop, or before the loops run.
  Result<void> apply(Listener& listener, const ListenerMode& mode, bool starting) {
    auto door = std::make_shared<Door>();
    door->name = listener.name;
    door->port = listener.port;
    door->mode = mode.kind;
    door->tls_failure = mode.tls_failure;
    const bool failing = mode.kind == ListenerMode::Kind::tls_failure;
    LeafFlaw flaw = LeafFlaw::none;
    if (failing && !listener.spec.authority) {
      return fail(
          fmt::format("listener \"{}\" does not speak TLS, so its handshake cannot fail", listener.name));
    }
    const bool no_handshake =
        failing && (mode.tls_failure == "handshake-close" || mode.tls_failure == "not-tls");
    if (failing && !no_handshake) {
      auto found = flaw_of(mode.tls_failure);
      if (!found) return tl::unexpected(found.error());
      flaw = *found;
    }
    if (listener.spec.authority && !no_handshake) {
      auto tls = TlsServer::create(listener.spec.authority, listener.spec.host, flaw);
      if (!tls) return tl::unexpected(tls.error());
      door->tls = std::move(*tls);
    }
    if (mode.kind == ListenerMode::Kind::refuse) {
      boost::system::error_code ignored;
      listener.acceptor.close(ignored);
      if (!starting) end_idle(listener.name);
    } else if (!listener.acceptor.is_open()) {
      if (auto listening = listen(listener); !listening) return listening;
    }
    listener.door = std::move(door);
    const std::uint64_t change = ++listener.changes;
    if (mode.lasting > Micros(0)) {
      first().after(clock_.machine_time(mode.lasting), [this, &listener, change] {
        if (listener.changes != change) return;
        if (auto normal = apply(listener, {}, false); !normal) note(listener, normal.error().text());
      });
    }
    return {};
  }

  Result<void> listen(Listener& listener) {
    auto bound = bind_tcp({listener.spec.host, listener.port});
    if (!bound) return tl::unexpected(bound.error());
    boost::system::error_code error;
    const bool v6 = listener.spec.host.find(':') != std::string::npos;
    if (::listen(bound->get(), kBacklog) != 0) {
      return fail(fmt::format("cannot listen on {}:{}: {}", listener.spec.host, listener.port,
                              std::generic_category().message(errno)));
    }
    listener.acceptor.assign(v6 ? tcp::v6() : tcp::v4(), bound->get(), error);
    if (error) return fail("cannot listen: " + error.message());
    bound->release();
    accept(listener);
    return {};
  }

  // Over the limit a connection is reset at once, and the journal says so when it begins.
  bool turned_away(const Listener& listener, tcp::socket& socket) {
    const bool full = open_ >= most_connections_;
    if (full && !full_)
      note(listener,
           fmt::format("{} connections are open, the most there can be: more are reset", open_.load()));
    full_ = full;
    if (full) reset_on_close(socket.native_handle());
    return full;
  }

  void accept(Listener& listener) {
    const std::uint64_t id = ++connections_;
    Loop& loop = *loops_[id % loops_.size()];
    listener.acceptor.async_accept(
        loop.io(), [this, &listener, &loop, id](const boost::system::error_code& error, tcp::socket socket) {
          if (error == boost::asio::error::operation_aborted || !listener.acceptor.is_open()) return;
          if (error) {
            // Said once, not at every attempt.
            if (std::exchange(listener.cannot_accept, true) == false)
              note(listener,
                   fmt::format("cannot accept: {}; {} connections are open, more wait until some end",
                               error.message(), open_.load()));
            first().after(kAcceptPause, [this, &listener] {
              if (listener.acceptor.is_open()) accept(listener);
            });
            return;
          }
          listener.cannot_accept = false;
          if (turned_away(listener, socket)) {
            boost::system::error_code ignored;
            socket.close(ignored);
            return accept(listener);
          }
          ++open_;
          auto connection = std::make_shared<Connection>(id, *this, loop, std::move(socket), listener.door);
          if (&loop == &first()) {
            admit(loop, id, connection);
          } else {
            loop.post([this, &loop, id, connection = std::move(connection)] { admit(loop, id, connection); });
          }
          accept(listener);
        });
  }

  void admit(Loop& loop, std::uint64_t id, const std::shared_ptr<Connection>& connection) {
    if (stopped_) return;
    loop.connections().emplace(id, connection);
    connection->start();
  }

  // A process that goes down takes its idle connections with it. Once a change of mode, so that it may look
  // at all.
  void end_idle(const std::string& name) {
    for (auto& loop : loops_) {
      loop->post([loop = loop.get(), name] {
        std::vector<std::shared_ptr<Connection>> all;
        for (const auto& [id, connection] : loop->connections()) all.push_back(connection);
        for (const auto& connection : all) connection->end_if_idle(name);
      });
    }
  }

  void note(const Listener& listener, std::string text) {
    journal_.note(listener.name, JournalKind::note, std::move(text));
  }

  Handler& handler_;
  Journal& journal_;
  const Clock& clock_;
  const Limits limits_;
  const bool shared_;
  std::mutex handler_mutex_;
  std::mutex holds_mutex_;
  std::unordered_set<std::string> released_;
  std::atomic<std::uint64_t> exchanges_{0};
  std::atomic<std::uint64_t> connections_{0};
  const std::uint64_t most_connections_ = most_connections();
  std::atomic<std::uint64_t> open_{0};  // accepted and not ended
  bool full_ = false;                   // on the first loop: more connections than that are turned away
  std::atomic<bool> stopped_{false};
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(std::vector<ListenerSpec> listeners, Handler& handler,
                                              Journal& journal, const Clock& clock, Limits limits,
                                              unsigned threads) {
  auto server = std::make_unique<BeastServer>(handler, journal, clock, limits, threads);
  if (auto open = server->open(std::move(listeners)); !open) return tl::unexpected(open.error());
  return server;
}

}  // namespace assay::http

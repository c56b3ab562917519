#include "harness/recorder/recorder.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "harness/http/dial.h"
#include "harness/http/socket.h"
#include "harness/recorder/passage.h"

namespace assay {
namespace {

constexpr int kBacklog = 512;
// Beyond it connections wait in the backlog: each has a thread and a buffer.
constexpr std::size_t kMostConnections = 2048;
constexpr std::size_t kMostHeld = std::size_t{64} << 20U;

class ProxyRecorder final : public Recorder, private Shelf {
 public:
  ProxyRecorder(RecorderOptions options, UniqueFd listener)
      : options_{std::move(options.upstream), std::move(options.connection)},
        listener_(std::move(listener)),
        port_(http::local_port(listener_.get())),
        keeper_(options.keeper),
        patience_(options.patience) {
    if (keeper_ != nullptr) writer_ = std::thread([this] { write(); });
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ProxyRecorder() override {
    stop();
    end_writing();
  }

  std::uint16_t port() const override { return port_; }

  std::size_t count() const override {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  std::vector<RecordedExchange> finish() override {
    stop();
    end_writing();
    std::vector<RecordedExchange> all;
    for (auto& [place, exchange] : std::exchange(kept_, {})) all.push_back(std::move(exchange));
    return all;
  }

  std::vector<std::string> left_out() const override {
    const std::lock_guard lock(mutex_);
    return left_out_;
  }

 private:
  // Something for the keeper.
  struct Item {
    enum class Kind { exchange, lost, left_out } kind;
    std::size_t place = 0;
    std::string phrase;
    RecordedExchange exchange;
    std::size_t held = 0;
  };

  std::size_t reserve() override { return next_place_++; }
  bool hold(std::size_t bytes) override {
    if (keeper_ == nullptr) return true;
    if (held_.fetch_add(bytes) + bytes <= kMostHeld) return true;
    held_ -= bytes;
    return false;
  }
  void let_go(std::size_t bytes) override {
    if (keeper_ != nullptr) held_ -= bytes;
  }
  void keep(std::size_t place, RecordedExchange exchange, std::size_t held) override {
    const std::lock_guard lock(mutex_);
    ++count_;
    if (keeper_ != nullptr) return give({Item::Kind::exchange, place, {}, std::move(exchange), held});
    kept_.emplace(place, std::move(exchange));
  }
  void add_lost(std::size_t place, const std::string& phrase) override {
    const std::lock_guard lock(mutex_);
    if (keeper_ != nullptr) return give({Item::Kind::lost, place, phrase, {}, 0});
    if (const auto found = kept_.find(place); found != kept_.end()) found->second.lost.push_back(phrase);
  }
  void leave_out(const std::string& what) override {
    const std::lock_guard lock(mutex_);
    if (keeper_ != nullptr) return give({Item::Kind::left_out, 0, what, {}, 0});
    left_out_.push_back(what);
  }

  void give(Item item) {
    items_.push_back(std::move(item));
    given_.notify_one();
  }

  // The writer's: one item after the other, until there are no more and none will come.
  void write() {
    std::unique_lock lock(mutex_);
    while (true) {
      given_.wait(lock, [this] { return over_ || !items_.empty(); });
      if (items_.empty()) return;
      Item item = std::move(items_.front());
      items_.pop_front();
      const bool late = over_ && std::chrono::steady_clock::now() > until_;
      lock.unlock();
      if (late && item.kind == Item::Kind::exchange) {
        keeper_->leave_out("an exchange that was not written in time");
      } else if (item.kind == Item::Kind::exchange) {
        keeper_->keep(item.place, std::move(item.exchange));
      } else if (item.kind == Item::Kind::lost) {
        keeper_->add_lost(item.place, item.phrase);
      } else {
        keeper_->leave_out(item.phrase);
      }
      held_ -= item.held;
      lock.lock();
    }
  }

  void end_writing() {
    if (!writer_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      until_ = std::chrono::steady_clock::now() + patience_;
    }
    given_.notify_one();
    writer_.join();
  }

  struct Worker {
    std::thread thread;
    std::atomic<bool> done{false};
  };

  void stop() {
    cancel_.cancel();
    if (acceptor_.joinable()) acceptor_.join();
    for (auto& worker : workers_) worker.thread.join();
    workers_.clear();
  }

  // Takes leave of those that have ended; how many are left.
  std::size_t reap() {
    workers_.remove_if([](Worker& worker) {
      if (!worker.done) return false;
      worker.thread.join();
      return true;
    });
    return workers_.size();
  }

  void accept() {
    while (true) {
      std::array<pollfd, 2> fds = {{{listener_.get(), POLLIN, 0}, {cancel_.descriptor(), POLLIN, 0}}};
      ::poll(fds.data(), fds.size(), -1);
      if (fds[1].revents != 0) break;
      if (reap() >= kMostConnections) {
        http::wait_for(-1, 0, std::chrono::steady_clock::now() + std::chrono::milliseconds(10), &cancel_);
        continue;
      }
      UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) continue;
      http::set_nodelay(client.get());
      Worker& worker = workers_.emplace_back();
      worker.thread = std::thread([this, &worker, client = std::move(client)]() mutable {
        pass_through(std::move(client), options_, cancel_, *this);
        worker.done = true;
      });
    }
  }

  const PassageOptions options_;
  UniqueFd listener_;
  const std::uint16_t port_;
  http::CancelToken cancel_;
  Keeper* const keeper_;
  const std::chrono::milliseconds patience_;
  std::atomic<std::size_t> next_place_{0};
  std::atomic<std::size_t> held_{0};  // bytes of bodies, until they are written
  mutable std::mutex mutex_;
  std::map<std::size_t, RecordedExchange> kept_;
  std::vector<std::string> left_out_;
  std::size_t count_ = 0;
  std::deque<Item> items_;
  std::condition_variable given_;
  bool over_ = false;
  std::chrono::steady_clock::time_point until_;
  std::thread writer_;
  std::list<Worker> workers_;  // the acceptor's, until it has ended
  std::thread acceptor_;
};

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::start(RecorderOptions options) {
  auto listener = http::bind_tcp({options.host, options.port});
  if (!listener) return tl::unexpected(listener.error());
  if (::listen(listener->get(), kBacklog) != 0) {
    return fail(fmt::format("cannot listen on {}:{}: {}", options.host, options.port,
                            std::generic_category().message(errno)));
  }
  return std::make_unique<ProxyRecorder>(std::move(options), std::move(*listener));
}

}  // namespace assay

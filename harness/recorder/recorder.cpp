#include "harness/recorder/recorder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "harness/http/socket.h"
#include "harness/recorder/passage.h"

namespace assay {
namespace {

constexpr int kBacklog = 512;

class ProxyRecorder final : public Recorder, private Shelf {
 public:
  ProxyRecorder(RecorderOptions options, UniqueFd listener)
      : options_{std::move(options.upstream), std::move(options.connection)},
        listener_(std::move(listener)),
        port_(http::local_port(listener_.get())) {
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ProxyRecorder() override { stop(); }

  std::uint16_t port() const override { return port_; }

  std::size_t count() const override {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }

  std::vector<RecordedExchange> finish() override {
    stop();
    std::vector<RecordedExchange> all;
    for (auto& [place, exchange] : std::exchange(kept_, {})) all.push_back(std::move(exchange));
    return all;
  }

  std::vector<std::string> left_out() const override {
    const std::lock_guard lock(mutex_);
    return left_out_;
  }

 private:
  std::size_t reserve() override { return next_place_++; }
  void keep(std::size_t place, RecordedExchange exchange) override {
    const std::lock_guard lock(mutex_);
    kept_.emplace(place, std::move(exchange));
  }
  void add_lost(std::size_t place, const std::string& phrase) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(place); found != kept_.end()) found->second.lost.push_back(phrase);
  }
  void leave_out(const std::string& what) override {
    const std::lock_guard lock(mutex_);
    left_out_.push_back(what);
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

  void accept() {
    while (true) {
      std::array<pollfd, 2> fds = {{{listener_.get(), POLLIN, 0}, {cancel_.descriptor(), POLLIN, 0}}};
      ::poll(fds.data(), fds.size(), -1);
      if (fds[1].revents != 0) break;
      UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) continue;
      http::set_nodelay(client.get());
      workers_.remove_if([](Worker& worker) {
        if (!worker.done) return false;
        worker.thread.join();
        return true;
      });
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
  std::atomic<std::size_t> next_place_{0};
  mutable std::mutex mutex_;
  std::map<std::size_t, RecordedExchange> kept_;
  std::vector<std::string> left_out_;
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

Result<Recording> make_recording(std::vector<RecordedExchange> exchanges, const std::string& title,
                                 const std::string& source, const RedactionRules& rules) {
  if (exchanges.empty()) return fail("nothing was recorded");
  Recording recording;
  Fixture& fixture = recording.fixture;
  fixture.title = title;
  fixture.provenance.origin = Origin::recorded;
  fixture.provenance.source = source;
  fixture.provenance.recorded_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  fixture.exchanges = std::move(exchanges);
  recording.redactions = redact(fixture, rules);
  const std::vector<Suspicion> left = verify(fixture, rules);
  if (!left.empty()) {
    std::string places;
    for (const Suspicion& suspicion : left) places += "\n  " + suspicion.text();
    return fail(fmt::format("not written: {} place(s) look secret and could not be redacted:{}", left.size(),
                            places));
  }
  if (auto sound = check(fixture); !sound) return tl::unexpected(sound.error());
  return recording;
}

}  // namespace assay

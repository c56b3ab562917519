#include "harness/http/loop.h"

#include <boost/asio/post.hpp>
#include <future>

namespace assay::http {
namespace {

constexpr int kTimersPerTurn = 64;

}  // namespace

Loop::Loop() : work_(boost::asio::make_work_guard(io_)) {}

Loop::~Loop() {
  stop();
}

void Loop::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::start() {
  thread_ = std::thread([this] { io_.run(); });
}

void Loop::post(std::function<void()> f) {
  boost::asio::post(io_, std::move(f));
}

void Loop::run_and_wait(const std::function<void()>& f) {
  if (io_.get_executor().running_in_this_thread() || !thread_.joinable()) {
    f();
    return;
  }
  std::promise<void> done;
  post([&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

void Loop::set(Timer& timer, Instant due) {
  timers_.set(timer, due);
  if (due < armed_) arm();
}

void Loop::arm() {
  const auto next = timers_.next();
  armed_ = next.value_or(Instant::max());
  if (!next) return;
  alarm_.expires_at(*next);
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Loop::tick() {
  armed_ = Instant::min();  // timers set meanwhile need not arm: that comes last
  if (!timers_.run(std::chrono::steady_clock::now(), kTimersPerTurn)) {
    boost::asio::post(io_, [this] { tick(); });
    return;
  }
  arm();
}

void Loop::after(Micros delay, std::function<void()> f) {
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, delay);
  timer->async_wait([timer, f = std::move(f)](const boost::system::error_code& error) {
    if (!error) f();
  });
}

}  // namespace assay::http

// One event loop thread: readiness from Boost.Asio, our own timers, and the connections it serves. Included
// only by the files that drive sockets; it brings in Asio.
//
// Thread-safety: post() from any thread; everything else on the loop's own thread.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>

#include "harness/base/time.h"
#include "harness/http/socket.h"
#include "harness/http/timers.h"
#include "harness/http/waiting.h"

namespace assay::http {

class Connection;

class Loop {
 public:
  Loop();
  ~Loop();  // stops; connections must have ended
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  void stop();  // and joins the thread
  void post(std::function<void()> f);
  // Runs `f` on the loop and returns when it is done; at once when called there.
  void run_and_wait(const std::function<void()>& f);

  void set(Timer& timer, Instant due);
  void cancel(Timer& timer) { timers_.cancel(timer); }
  // Calls `f` once after `delay`.
  void after(Micros delay, std::function<void()> f);

  boost::asio::io_context& io() { return io_; }
  // Where bytes are read to before they find their place. Used within one call, never across two.
  std::array<char, std::size_t{64} * 1024>& scratch() { return scratch_; }
  SockDiag& diag() { return diag_; }
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>>& connections() { return connections_; }
  Waiting& waiting() { return waiting_; }

 private:
  void arm();
  void tick();

  Timers timers_;  // outlives what the io_context still holds when it goes
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer alarm_{io_};
  Instant armed_ = Instant::max();
  SockDiag diag_;
  std::array<char, std::size_t{64} * 1024> scratch_{};
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  Waiting waiting_;  // connections by the barrier that holds their script
  std::thread thread_;
};

}  // namespace assay::http

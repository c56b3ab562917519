// The loopback listener of a login (RFC 8252 section 7.3): binds, reads what browsers send, well or badly,
// and takes the first valid redirect. Requirements: bugs oauth-login.*.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "conformance/reference/parts.h"

namespace assay::reference {

// The defaults of the parts of the same names.
Outcome<BoundListener> bind_callback(const LoginSpec& login);
Outcome<std::optional<CallbackRequest>> read_callback(int fd, const Deadline& deadline, const Cancel& cancel);
CallbackDecision route_callback(const CallbackRequest& request, const CallbackExpectation& expected);
Response callback_page(const Outcome<nlohmann::json>& result);
std::optional<Parameters> read_paste(const std::string& text, const CallbackExpectation& expected);

// The parameters of a form or a query ("a=1&b=2"), decoded; of a repeated name the first counts.
Parameters read_form(std::string_view form);
std::string write_form(const Parameters& parameters);
// Compares in time that does not depend on where they differ.
bool same_secret(std::string_view a, std::string_view b);

// Serves bound listeners until destroyed. Each accepted connection has a thread of its own, so that a silent
// one blocks nobody; at most 64 at a time.
//
// Thread-safety: one thread owns it. Lifetimes: `parts` outlives it.
class CallbackServer {
 public:
  CallbackServer(const Parts& parts, BoundListener listener, CallbackExpectation expected, Millis read_wait);
  CallbackServer(const CallbackServer&) = delete;
  CallbackServer& operator=(const CallbackServer&) = delete;
  ~CallbackServer();

  // Readable once a redirect was taken, or reading one failed for good: then take() has it.
  int descriptor() const { return settled_.fd(); }
  std::optional<Outcome<Parameters>> take() const;
  // A TLS greeting arrived: the browser insists on https (oauth-login.safari-https-only).
  bool saw_tls() const { return saw_tls_; }
  // How the login ended: what browsers that wait are shown.
  void finish(const Outcome<nlohmann::json>& result);

 private:
  void accept_loop(int listener);
  void serve(int fd);
  void settle(Outcome<Parameters> result);
  // The page of the end of the login; nullopt when the server stops before.
  std::optional<Response> final_page();

  const Parts& parts_;
  const BoundListener listener_;
  const CallbackExpectation expected_;
  const Millis read_wait_;
  Cancel stop_;
  Cancel settled_;  // used as a flag that can be polled
  std::atomic<bool> saw_tls_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Outcome<Parameters>> result_;
  std::optional<Response> page_;
  bool stopping_ = false;
  struct Connection {
    std::thread thread;
    std::atomic<bool> ended{false};
  };
  std::list<Connection> connections_;
  std::vector<std::thread> acceptors_;
};

}  // namespace assay::reference

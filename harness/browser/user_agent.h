// UserAgent: one browser window. It loads pages, keeps cookies, talks to the client's listener over plain
// sockets as the Plan says, and journals all of it. What is loaded, and in which order, is browser.cpp's
// affair.
//
// One thread. Plan, journal and options outlive it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/journal.h"
#include "harness/browser/address.h"
#include "harness/browser/browser.h"
#include "harness/browser/connection.h"

namespace assay::browser {

// One request as a page asks for it.
struct Load {
  std::string method = "GET";
  Location where;
  std::string content_type, body;
  std::string from;  // the origin of the page that asked for it; empty = the user did
};

class UserAgent {
 public:
  UserAgent(const Plan& plan, Journal& journal, const VisitOptions& options);

  // Any page but the client's: a new connection, TLS where the URL says so.
  Answer load_page(const Load& load);

  // The client's listener. exchange() uses the connection that finish() kept when there is one, and a new one
  // when that was closed meanwhile, as browsers do.
  Answer exchange(const Location& where, const Request& request);
  Answer once(const Load& load);
  // The parts of a delivery: the addresses are tried in order; the request goes out in the plan's manner
  // (split, half closed); finish() keeps the connection for what follows, or closes it.
  Connection connect(const Location& where);
  void send(Connection& connection, const Request& request);
  Answer read(Connection& connection, const Request& request);
  void finish(Connection connection, const Answer& answer);
  // Returns when late_fin has passed since finish(), or VisitOptions::over says that nobody is left to see
  // it.
  void let_go();
  // The next exchange makes a connection of its own.
  void forget_connection() { kept_.reset(); }

  Request request_for(const Load& load) const;
  void keep_cookies(const Location& where, const Answer& answer);
  void rest(Micros delay) const;
  Deadline answer_deadline() const;
  void note(JournalKind kind, std::string text);

 private:
  void send_plainly(Connection& connection, const Request& request);
  void note_request(const Request& request);
  void note_answer(const Request& request, const Answer& answer);

  const Plan& plan_;
  Journal& journal_;
  const VisitOptions& options_;
  const Deadline until_;
  const int cancel_;
  std::map<std::string, std::map<std::string, std::string>> cookies_;  // host, name, value
  std::optional<Connection> kept_;  // to the listener, for what follows the callback
  std::vector<Connection> held_;    // to the listener, open until held_until_
  Deadline held_until_{};
  bool delivered_ = false;
};

}  // namespace assay::browser

// The browser double: the user agent that walks the login page and calls the client's loopback listener, well
// or badly, as a Plan says. It uses plain sockets towards the listener, so that every byte and pause is told.
//
// Thread-safety: visit() keeps nothing; any number may run at once. Everything it does is journalled by the
// actor "browser": an `action` with the request for each that is sent, a `response` or `peer_closed` for what
// came back.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/journal.h"
#include "harness/browser/plan.h"
#include "harness/http/client.h"

namespace assay::browser {

// What the user saw at the end.
struct Page {
  int status = 0;  // 0 = no answer was read
  Headers headers;
  std::string body;
  std::string error;     // empty, or why a browser shows no page: Answer::error, or a rule of fetch()
  std::string url;       // of the page
  std::string redirect;  // the callback as the login page gave it, with its fragment; empty = it gave none

  struct Other {
    std::string what;  // "favicon", "duplicate", ... or "GET /path"
    int status = 0;
    std::string error;
  };
  std::vector<Other> others;  // the answers to Plan::first and then, and to further copies and logins
};

struct VisitOptions {
  std::string ca_file;                  // PEM, for login pages over TLS; empty = the system's store
  http::CancelToken* cancel = nullptr;  // ends the visit from another thread; outlives it
  http::CancelToken* over =
      nullptr;  // the client has ended: a late FIN is not waited for; outlives the visit
};

// Opens `login_url`, follows redirects, submits the form of the login page, and delivers the callback: the
// request to the redirect_uri of `login_url` or, when it names none, to the first other loopback origin.
// Blocks until the plan is done or its deadline has passed; never throws for what a peer does.
Page visit(const std::string& login_url, const Plan& plan, Journal& journal,
           const VisitOptions& options = {});

// {"status", "headers": {lower-case name: value}, "body", "error", "url", "redirect", "others": [{"what",
// "status", "error"}]}; error and redirect are null when empty. A body that is not UTF-8 is {"base64":
// "..."}.
nlohmann::json to_json(const Page& page);

}  // namespace assay::browser

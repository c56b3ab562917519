// Plan: how the user agent behaves in a case, the `browser:` map of a case file. A value.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::browser {

// Something else that reaches the client's listener, before or after the callback itself.
struct Extra {
  enum class Kind {
    get,                // {get: /path}
    head,               // {head: /robots.txt}
    favicon,            // GET /favicon.ico
    preflight,          // OPTIONS for the callback, as before a fetch() from the login page
    bare_callback,      // the callback's path without a query
    empty_callback,     // its parameters with empty values
    no_state,           // foreign values without any state
    stale_state,        // another attempt's callback: foreign state, foreign values
    denied,             // error=access_denied with the right state
    stale_denied,       // error=access_denied of another attempt
    duplicate,          // the callback again
    closed_connection,  // connects and closes without a byte
    reset_connection,   // connects and resets without a byte
    idle_connection,    // connects, sends nothing, stays open until the visit ends
    tls_hello,          // a TLS ClientHello, as a browser that upgrades to https sends it
    wait                // {wait: 300ms}
  };
  Kind kind = Kind::get;
  std::string path;  // get, head
  Micros delay{0};   // wait
  bool operator==(const Extra&) const = default;
};

enum class Deliver {
  navigate,    // the browser goes where it is redirected
  fetch,       // the login page calls fetch(callback): a preflight first, and the rules of CORS
  fetch_post,  // ... with the parameters as a JSON body
  none         // nothing is sent; Page::redirect holds what a person could paste
};

enum class Address {
  by_host,        // what the URL says; `localhost` is tried as ::1, then 127.0.0.1
  ipv4,           // 127.0.0.1 only
  ipv6,           // ::1 only
  ipv6_then_ipv4  // ::1, and 127.0.0.1 when that is refused
};

struct Plan {
  bool approve = true;  // which button of the login page is pressed
  Deliver deliver = Deliver::navigate;
  Address address = Address::by_host;
  bool https_only = false;        // refuses a callback over plain http, after a try at TLS
  Micros send_after{0};           // between connecting and the first byte of the callback
  std::uint64_t split_bytes = 0;  // bytes of the callback in one segment; 0 = all
  Micros split_pause = std::chrono::milliseconds(1);
  bool half_close = false;   // FIN after the request
  Micros late_fin{0};        // the connection stays open that long after the answer, whatever follows
  std::uint64_t copies = 1;  // identical callbacks, at the same time, each on a connection of its own
  std::uint64_t logins = 1;  // how often the login page is walked; each ends with its own callback
  std::string user_code;     // typed into an empty field of the page for a device code
  std::vector<Extra> first;  // before the callback, in order
  std::vector<Extra> then;   // after its answer, in order
  Micros answer_deadline = std::chrono::seconds(10);  // for each answer of the listener
  Micros deadline = std::chrono::seconds(60);         // for the whole visit
  bool operator==(const Plan&) const = default;
};

// Reads
//   {approve: false, deliver: navigate|fetch|fetch-post|none, address: by-host|ipv4|ipv6|ipv6-then-ipv4,
//    https_only: true, send_after: 300ms, split: 1 | {bytes: 1, pause: 20ms}, half_close: true, late_fin: 1s,
//    copies: 2, logins: 2, first: [favicon, {get: /}, {head: /robots.txt}, {wait: 500ms}, …], then: […],
//    user_code: ABCD-EFGH, answer_deadline: 10s, deadline: 60s}
// Extras without parameters are named as their Kind is, with '-' for '_'; {reset-connection: 3} repeats one.
// null is the default plan. Errors name the key: "browser: unknown extra 'favicn', did you mean 'favicon'?
// (...)".
Result<Plan> read_plan(const nlohmann::json& map);

// The plan with every wait and deadline as long as it is by the machine's clock (case time).
Plan in_machine_time(Plan plan, const Clock& clock);

}  // namespace assay::browser

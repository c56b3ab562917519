// Opening a connection to an origin, plain or TLS, and waiting for sockets with a deadline that can be
// cancelled.
//
// Thread-safety: free functions without state.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "harness/http/client.h"
#include "harness/http/socket.h"
#include "harness/http/tls.h"
#include "harness/http/transport.h"

namespace assay::http {

// Why an exchange cannot go on, and in words; nothing = it can.
using Trouble = std::optional<std::pair<End, std::string>>;

struct Dialled {
  std::shared_ptr<TlsClient> tls;        // kept for the next connection with the same options
  UniqueFd socket;                       // non-blocking
  std::unique_ptr<Transport> transport;  // goes before the socket it borrows
};

// Connects to the origin of `url` (or to options.connect_to), tries every address of the name, and shakes
// hands.
Trouble dial(const Url& url, const ClientOptions& options, const CancelToken* cancel, Dialled& to);

enum class Waited { ready, late, cancelled };
// Waits until `fd` is ready for poll(2)'s `events`.
Waited wait_for(int fd, short events, std::chrono::steady_clock::time_point until, const CancelToken* cancel);

}  // namespace assay::http

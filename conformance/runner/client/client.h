// Client: one running process of what is under test, playing one actor. An adapter speaks the adapter
// protocol; other kinds answer the same calls. Thread-safe. The destructor kills the process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/play/observation.h"
#include "harness/base/journal.h"
#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/process/child.h"

namespace assay::conformance {

// What a client says of itself before anything is asked of it.
struct Hello {
  std::string client, version, role = "provider";
  std::vector<std::string> capabilities;
  std::optional<std::vector<std::string>> reports;  // what it can tell; none = everything
};

inline bool has_capability(const std::vector<std::string>& capabilities, std::string_view name) {
  return std::find(capabilities.begin(), capabilities.end(), name) != capabilities.end();
}

// How one process of a client is started.
struct Launch {
  std::string actor;
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", all of it
  std::string directory;
  Micros hello_deadline = std::chrono::seconds(10);
  // Told what the client prints, as it comes; may be empty. On a thread of its own.
  std::function<void(const process::OutputChunk&)> on_output = {};
  process::Sandbox* sandbox = nullptr;                              // where it runs; outlives the client
  std::size_t output_limit = process::ChildOptions().output_limit;  // of what such a client prints
  // In case time: what starts it there, and the ledger that this inherits (ChildOptions).
  std::vector<std::string> through = {};
  int inherit = -1;
  // A login finds no browser to start, as over SSH.
  bool headless = false;
  // Of an adapter's protocols those that it is asked in; empty = all that it says.
  std::vector<std::string> protocols = {};
};

class Client {
 public:
  // Called for every event of every operation, on a thread of the client's own.
  using OnEvent = std::function<void(std::uint64_t id, const nlohmann::json& event)>;

  virtual ~Client() = default;
  virtual const Hello& hello() const = 0;
  // Sends a request ({"op": "chat", ...}) and returns its id.
  virtual std::uint64_t begin(nlohmann::json request) = 0;
  // Waits for the end of an operation. Past `deadline`, which is of the clock's time, it counts as
  // Outcome::End::timeout; when the process ended first, as crash.
  virtual Outcome finish(std::uint64_t id, Micros deadline) = 0;
  virtual bool ended(std::uint64_t id) const = 0;
  // Why the client as a whole cannot be trusted any more ("line 3 of its output is not JSON: ..."); empty =
  // nothing is wrong.
  virtual std::string broken() const = 0;
  // Kills the process at once, as `kill -9` does.
  virtual void kill() = 0;
  // The browser is done with a page that the client opened: {"status", "url", "redirect", ...}. May be called
  // at any time from any thread; most clients do not care.
  virtual void visited(const std::string& url, const nlohmann::json& page) {
    (void)url;
    (void)page;
  }
  // Asks it to end, kills it when it does not within `grace`, and says how it went. Call once.
  virtual ProcessOutcome stop(Micros grace) = 0;
};

// Starts an adapter and waits for its hello. Fails with one line: it cannot start, gave no hello in time, or
// gave something else. `clock` outlives the client.
Result<std::unique_ptr<Client>> start_adapter(const Launch& launch, const Clock& clock,
                                              Client::OnEvent on_event);

}  // namespace assay::conformance

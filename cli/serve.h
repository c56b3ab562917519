// The parts of `assay serve`: what its options say, and what it serves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/exit_code.h"
#include "harness/base/journal_stream.h"
#include "harness/base/result.h"
#include "harness/http/certificates.h"

namespace assay::cli {

struct ServeOptions {
  std::string provider = "worldrouter";
  std::string world_file;
  std::string scenario;  // or the id of a case
  std::vector<std::string> fixtures;
  std::vector<std::string> ports;  // FAKE=PORT
  std::uint16_t admin_port = 0;
  std::string token;               // of the admin API; empty = everybody on this machine may steer
  std::vector<std::string> print;  // "exports", "all", "none", names of clients
  std::uint64_t seed = 1;
  double speed = 1;
  unsigned threads = 1;
  bool cut_chunks = false;
  bool quiet = false;
  bool verbose = false;
  std::vector<std::string> command;  // runs while the world is up; empty = until a signal
  bool end_with_stdin = false;       // whoever started it holds the other end: it ends when they do
  std::string time;                  // "x20": world and command in case time
  bool tls = false;                  // the listeners speak TLS
  std::string match = "order";       // how a request finds its recording: order, conversation
};

// One --port option: "inference=8080".
struct FixedPort {
  std::string fake;
  std::uint16_t port = 0;
};
Result<std::vector<FixedPort>> fixed_ports(const ServeOptions& options);

// An authority for the listeners and a file with its certificate, which goes with this.
class ServeAuthority {
 public:
  static Result<ServeAuthority> make();
  ServeAuthority(ServeAuthority&& other) noexcept;
  ServeAuthority& operator=(ServeAuthority&&) = delete;
  ~ServeAuthority();
  const std::shared_ptr<const http::Authority>& authority() const { return authority_; }
  const std::string& file() const { return file_; }

 private:
  ServeAuthority() = default;
  std::shared_ptr<const http::Authority> authority_;
  std::string file_;
};

// Blocks SIGINT and SIGTERM; to be called before any thread starts, so that wait_for_end() gets them.
void block_ending_signals();
// Waits for either. 130 after an interrupt.
ExitCode wait_for_end();

// How the journal is shown on stderr.
JournalStreamOptions journal_view(bool everything);
// export ASSAY_NAME_URL=... and the variables that SDKs read, for a server of models at `url`.
// `ca_file`: what they must trust; empty = nothing.
void print_variables(std::string name, const std::string& url, const std::string& ca_file);

// Worlds, with their admin API, made anew when their files change.
ExitCode serve_worlds(const ServeOptions& options);
// `assay serve --fixture`: recordings, replayed to the byte.
ExitCode serve_fixtures(const ServeOptions& options);

}  // namespace assay::cli

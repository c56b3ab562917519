// The parts of `assay serve`: what its options say, and what it serves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/exit_code.h"
#include "harness/base/journal_stream.h"
#include "harness/base/result.h"

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
};

// One --port option: "inference=8080".
struct FixedPort {
  std::string fake;
  std::uint16_t port = 0;
};
Result<std::vector<FixedPort>> fixed_ports(const ServeOptions& options);

// Blocks SIGINT and SIGTERM; to be called before any thread starts, so that wait_for_end() gets them.
void block_ending_signals();
// Waits for either. 130 after an interrupt.
ExitCode wait_for_end();

// How the journal is shown on stderr.
JournalStreamOptions journal_view(bool everything);
// export ASSAY_NAME_URL=... and the variables that SDKs read, for a server of models at `url`.
void print_variables(std::string name, const std::string& url);

// Worlds, with their admin API, made anew when their files change.
ExitCode serve_worlds(const ServeOptions& options);
// `assay serve --fixture`: recordings, replayed to the byte.
ExitCode serve_fixtures(const ServeOptions& options);

}  // namespace assay::cli

// One play: a client reads one stream in a world of its own, and what it shows is watched.
#pragma once

#include <string>

#include "bench/client/tap.h"
#include "bench/client/tokens.h"
#include "conformance/runner/play/session.h"

namespace assay::bench {

struct PlayOptions {
  conformance::ClientSpec client;
  std::string data_folder;
  std::string protocol;  // what the client is asked to speak, if it can choose; empty = its own
  Micros deadline = std::chrono::seconds(120);
};

struct StreamPlan {
  Cut cut;
  std::size_t events = 1;
  Micros pace{0};
};

struct Play {
  conformance::Hello hello;
  std::size_t requests = 0;   // answers with text that it asked for
  Served served;              // the one whose text it showed
  std::vector<Micros> shown;  // when each event was seen
  Micros ended{0};            // the client had done what it was asked
  std::uint64_t peak_kib = 0;
};

// Plays `plan` with a fresh process of the client. Fails when the client cannot be started or asked, fails
// itself, asks for no stream, or shows less than the whole text.
Result<Play> play(const PlayOptions& options, const StreamPlan& plan);

// The same stream for a reader that does nothing else: it sends `request` and throws away what it reads. An
// event counts as shown when its last byte was read. No memory is measured.
Result<Play> play_bare(const PlayOptions& options, const StreamPlan& plan, const Request& request);

}  // namespace assay::bench

// The side-by-side table of `assay bench stream`.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/stream/checksum.h"
#include "harness/base/result.h"

namespace assay::bench {

struct StreamBench {
  std::vector<std::string> corpora;  // empty = all
  std::vector<std::size_t> reads = {1, 64, 1400, 16384, 65536};
  std::size_t megabytes = 16;
  std::uint64_t seed = 1;
  int rounds = 5;
};

struct Row {
  std::string corpus;
  std::string contestant;
  std::size_t read = 0;  // 0 = the read size means nothing to it
  double gb_per_s = 0;   // 10^9 bytes of stream in a second of this thread's CPU time; the median round
  double of_floor = 0;   // ratio to memcpy+memchr at the same read size (at 16 KiB without one)
  double of_limit = 0;   // ratio to the On-Demand limit
  Checksum checksum;     // of the decoded text; of nothing for floors
};

// Measures all contestants in turn, round after round, so that a disturbance hits all alike. Error: an
// unknown corpus, or contestants that decode different text.
Result<std::vector<Row>> run_stream_bench(const StreamBench& options);
// Rows of peers (bench/stream/peers): one JSON object a line, {"corpus", "contestant", "read", "gb_per_s"}.
Result<std::vector<Row>> read_peer_rows(const std::string& path);
// Puts the rows of peers behind ours of the same corpus and relates all of them again. Error: a peer decoded
// other text than we did, or measured another corpus.
Result<void> join_peers(std::vector<Row>& rows, const std::vector<Row>& peers);
// Fills of_floor and of_limit of every row from the rows of its corpus.
void relate(std::vector<Row>& rows);

// Text for a terminal; the same as JSON, one object a row.
std::string table_text(const std::vector<Row>& rows);
nlohmann::json table_json(const std::vector<Row>& rows);

}  // namespace assay::bench

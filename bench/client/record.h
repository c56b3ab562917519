// What `assay bench client` found, as values and as lines of JSON. Tables and charts are made of this alone.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay::bench {

// What one reader did with one cut. What could not be observed is not there.
struct Reading {
  std::optional<double> events_per_s;  // as fast as it reads
  std::optional<double> first_us;      // paced: from the first text on the wire until it showed
  std::optional<double> p50_us;        // paced: from each later text on the wire until it showed
  std::optional<double> p99_us;
  std::size_t samples = 0;  // of the latencies
};

struct CutRow {
  std::string cut;  // as to_string(Cut)
  Reading wire;     // a reader that does nothing else
  Reading client;
  std::string problem;  // why the client's reading is not whole; empty = it is
};

struct MemoryRow {
  std::size_t events = 0;
  std::uint64_t peak_kib = 0;  // of the client's processes
  double seconds = 0;          // from the answer's first byte to the client's end
};

struct ClientRecord {
  std::string client, version, protocol;
  std::size_t events = 0;       // of a stream at full speed
  double event_bytes = 0;       // mean, framing included
  std::size_t token_bytes = 0;  // of text that an event brings
  std::size_t paced_events = 0;
  std::uint64_t pace_us = 0;
  int rounds = 0;
  std::size_t requests = 0;  // answers that one chat asked for
  bool observable = true;    // its output shows text before the stream has ended
  std::string memory_cut;
  std::vector<CutRow> rows;
  std::vector<MemoryRow> memory;  // ascending by events
};

// Bytes of memory an event more of stream costs; nullopt with less than two rows.
std::optional<double> growth_per_event(const ClientRecord& record);

// One JSON object a line: a header with `machine` in it, a line for each cut and reader, one for each length.
std::string to_lines(const ClientRecord& record, const nlohmann::json& machine);
// The way back, without the machine. Errors name the line.
Result<ClientRecord> client_record_from(const std::string& text, const std::string& name);

// Text for a terminal.
std::string table_text(const ClientRecord& record);

}  // namespace assay::bench

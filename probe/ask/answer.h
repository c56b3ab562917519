// Answer: what came back for one request, as it was on the wire and as a strict client reads it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/fixture/fixture.h"
#include "harness/http/client.h"
#include "harness/stream/framing/framing.h"
#include "harness/stream/turn.h"

namespace assay::probe {

struct Piece {
  std::string bytes;
  Micros at{0};  // since the end of the head
  bool starts_chunk = true;
};

// One event of a stream: a server-sent event after the WHATWG algorithm, a line of NDJSON, a message of an
// AWS event stream.
struct Event {
  std::string type;  // SSE: "message" when the stream named none; event stream: :event-type; NDJSON: ""
  std::string data;
  nlohmann::json json;  // discarded when `data` is none
  Micros at{0};         // when its last byte was read
};

struct Answer {
  Request request;        // as it was sent, with the key in it
  std::string authority;  // "https://api.example.com"
  http::Outcome outcome;
  std::vector<Piece> pieces;  // as read
  // A stream came in the framing of its protocol: the head says so, or it was asked for and reads as one.
  bool streamed = false;
  std::string framing_problem;  // why the framing could not be read to its end; only of event streams
  std::string body;             // without its content coding
  std::string coding_problem;   // why the coding could not be undone
  nlohmann::json json;          // a body that is one JSON text; else discarded
  std::vector<Event> events;
  stream::Turn turn;
  std::string problem;  // why the strict decoder gave up; empty = it did not
  bool left = false;    // the reader left on purpose

  int status() const { return outcome.head ? outcome.head->status : 0; }
  const std::string* header(std::string_view name) const;
};

// How streams of a protocol are framed: sse, json (a line an event) or eventstream; and their media type.
stream::Framing framing_of(stream::Protocol protocol);
std::string_view stream_type(stream::Protocol protocol);
// Whole events in what has been read so far.
std::size_t count_events(std::string_view bytes, stream::Protocol protocol);

// Reads body, events and turn out of `pieces`.
void read_answer(Answer& answer, stream::Protocol protocol, bool stream_asked);

// The exchange as a recording, secrets and all.
RecordedExchange recorded(const Answer& answer);

}  // namespace assay::probe

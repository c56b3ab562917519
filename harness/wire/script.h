// Script: what one connection will be sent. A value: faults take one and give one. See docs/architecture.md,
// "Words".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/time.h"

namespace assay::wire {

// Borders inside the bytes of a Write, so that faults can name places instead of hoping.
enum class MarkKind : std::uint8_t {
  head,      // the first byte of a status line (an interim 1xx response has one of its own)
  header,    // the first byte of a header line
  body,      // the first byte after the blank line
  chunk,     // the first byte of an HTTP chunk: its size line
  data,      // the first byte of a piece of payload: of one HTTP chunk, or of one write of an unchunked body
  data_end,  // one past the last byte of that piece
  event,     // the first byte of a stream event (SSE block, NDJSON line, eventstream message)
  end        // one past the last byte of the message
};

struct Mark {
  std::size_t at;  // offset in Write::bytes
  MarkKind kind;
  bool operator==(const Mark&) const = default;
};

struct Step;
using Steps = std::vector<Step>;

struct Write {
  std::string bytes;
  std::vector<Mark> marks;  // ascending by `at`
  bool operator==(const Write&) const = default;
};
// What follows is another write() call: adjacent writes without a Flush between may be joined by the player.
struct Flush {
  bool operator==(const Flush&) const = default;
};
// The next write starts only when the peer has read all before it: confirmed (its receive queue was seen
// empty), or journalled as unconfirmed.
struct Cut {
  bool operator==(const Cut&) const = default;
};
// Waits until `after` past the previous step's due time. Deadlines are absolute, so that errors do not add
// up.
struct Wait {
  Micros after{0};
  bool operator==(const Wait&) const = default;
};
// Waits until Server::release(name).
struct Hold {
  std::string name;
  bool operator==(const Hold&) const = default;
};
// Plays `steps` again and again; times = 0 means until the peer goes away.
struct Repeat {
  std::uint64_t times = 1;
  Steps steps;
  bool operator==(const Repeat&) const;
};
struct Close {  // FIN after everything was sent; the connection ends
  bool operator==(const Close&) const = default;
};
struct Reset {  // RST, after the peer's kernel has all bytes before it (SIOCOUTQ is 0)
  bool operator==(const Reset&) const = default;
};
struct Stall {  // nothing more is sent; the connection stays open until the peer or a limit ends it
  bool operator==(const Stall&) const = default;
};
struct HalfClose {  // FIN, but we go on reading
  bool operator==(const HalfClose&) const = default;
};
// Waits until the peer has sent something after the request that is answered: its next request. With a Reset
// after it this is the keep-alive race as the peer sees it. A peer that goes away ends the script.
struct AwaitInput {
  bool operator==(const AwaitInput&) const = default;
};

struct Step {
  std::variant<Write, Flush, Cut, Wait, Hold, Repeat, Close, Reset, Stall, HalfClose, AwaitInput> op;
  bool operator==(const Step&) const = default;
};

struct Script {
  Steps steps;
  // After the last step: true keeps the connection for the next request (RFC 9112 section 9.3), false closes
  // it.
  bool keep_alive = true;
  // To be played as soon as the head of the request was read; its body is left unread (Handler::on_head).
  bool before_request_body = false;
  bool operator==(const Script&) const = default;
};

inline bool Repeat::operator==(const Repeat& o) const {
  return times == o.times && steps == o.steps;
}

// Every byte that `script` sends, in order; a Repeat contributes its steps once. What `lossless` faults must
// keep.
std::string all_bytes(const Script& script);

// Offsets at which the events of a body begin. An SSE block begins at the first byte that is not a line end
// after a blank line, whatever the line ends; comments before the first event, as OpenRouter sends them,
// belong to it, so that the first event is event 0. An NDJSON line begins at its first byte; an AWS
// eventstream message at its prelude. Other content types have none. `content_type` is the header's value,
// parameters included.
std::vector<std::size_t> event_offsets(std::string_view body, std::string_view content_type);

// How a response becomes bytes.
struct SerializeOptions {
  bool keep_alive = true;      // false adds "Connection: close"
  bool head_request = false;   // answer to HEAD: the body is left out, its framing headers stay
  double speed = 0;            // 0 = no pacing; 1 = the recorded times; 10 = ten times faster. Due times are
                               // scaled from the start, so that rounding does not add up
  bool cut_chunks = false;     // a Cut between body chunks
  bool hidden_coding = false;  // the body is coded though no header says so: it has no events
};
// Serializes head, body and trailers with all marks set. Framing headers already present in response.headers
// are left alone (so a fault can lie); otherwise they are added after the others. Date is not added. A status
// that has no body (1xx, 204, 304: RFC 9110 section 6.4.1) is sent without one. A close-delimited or HTTP/1.0
// message ends the connection.
Script serialize(const Response& response, const SerializeOptions& options = {});

}  // namespace assay::wire

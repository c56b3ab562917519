// Editing the body of a response: edits that leave chunk borders and times where they were, and a reader of
// SSE blocks that counts as event_offsets() does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/wire/faults/params.h"

namespace assay::wire {

// Replacements of parts of a body, collected in any order, applied at once. Text that is inserted where a
// chunk ends goes to the beginning of the next one, or to the end of the last.
class BodyEdits {
 public:
  // Ranges of different edits must not overlap; of several inserts at one offset the first comes first.
  void replace(std::size_t begin, std::size_t end, std::string text);
  void insert(std::size_t at, std::string text) { replace(at, at, std::move(text)); }
  // Keeps a Content-Length that was right right.
  Response apply(Response response);

 private:
  struct Edit {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  std::vector<Edit> edits_;
};

// Replaces the whole body, in one chunk at the time of the first; trailers go, an explicit Content-Length and
// Content-Encoding too. An empty `content_type` leaves that header alone.
Response replace_body(Response response, std::string body, std::string_view content_type);
// Sets an explicit Content-Length, if there is one, to the length of the body.
void refit_content_length(Response& response);
// The body divided at `begins` (ascending, the first 0) instead of where its chunks are. A piece is sent when
// the last of its bytes was.
std::vector<Chunk> divide_body(const Response& response, const std::vector<std::size_t>& begins);
// Where its events begin, the first taken to be at 0; empty when it has none or a content coding hides them.
std::vector<std::size_t> event_borders(const Response& response);
// Refuses a body under a content coding: it is no text.
Result<void> not_coded(const Response& response);
void set_status(Response& response, int status);

struct SseLine {
  std::size_t begin = 0;  // offsets in the body
  std::size_t end = 0;    // one past the text of the line
  std::size_t next = 0;   // one past its line end; equal to `end` when the body stops there
  std::string_view text;
  // The field name; empty for a comment.
  std::string_view field() const { return text.substr(0, text.find(':')); }
  // What follows the colon and one space (WHATWG HTML section 9.2.6).
  std::string_view value() const;
  // Where value() begins in the body.
  std::size_t value_at() const { return end - value().size(); }
};

struct SseEvent {
  std::size_t begin = 0;
  std::size_t end = 0;         // where the next one begins, or the body ends
  std::string_view text;       // all of it
  std::vector<SseLine> lines;  // without the blank ones
  // All data lines joined with LF; nullopt when there is none (a comment, a lone `event:` line).
  std::optional<std::string> data() const;
  bool is_done() const { return data() == "[DONE]"; }
  // What is missing between it and a next event: nothing after a blank line, else one or two line ends, as
  // its other lines have them.
  std::string separator() const;
};

struct SseBody {
  std::string bytes;  // the views in `events` point here: not to be copied or moved
  std::vector<SseEvent> events;
  // Where event `i` begins; after the last, what must come before one more.
  std::size_t begin_of(std::size_t i) const { return i < events.size() ? events[i].begin : bytes.size(); }
  std::string separator_before(std::size_t i) const {
    return i < events.size() ? "" : events.back().separator();
  }
  // Text that is written with LF, with the line ends of this stream: those of its first line.
  std::string in_its_line_ends(const std::string& text) const;
};
// The end of the first line of `text`: "\n", "\r\n" or "\r"; "\n" when it has none.
std::string line_end_of(std::string_view text);
// `text` with `end` in place of each LF.
std::string with_line_ends(const std::string& text, const std::string& end);

// Reads the body of `response` as SSE and hands it to `edit`, which fills in edits or refuses; then applies
// them. Refused: another content type, a content coding, a body without events.
Result<Response> edit_sse(Response response,
                          const std::function<Result<void>(const SseBody&, BodyEdits&)>& edit);

// Which events a fault is for. Reads `event`: an index, a list of them or "every"; negative counts from the
// end. `otherwise` is what an absent key means; nullopt = every event.
struct EventChoice {
  std::vector<std::int64_t> indices;
  bool every = false;
};
EventChoice read_events(Params& params, std::optional<std::int64_t> otherwise);
// Ascending indices. With "every", only events that `wanted` accepts; one that was named must be accepted.
Result<std::vector<std::size_t>> choose_events(const SseBody& body, const EventChoice& choice,
                                               const std::function<bool(const SseEvent&)>& wanted,
                                               std::string_view wanted_what);
// One index, resolved; `count` is allowed ("after the last") when `end_allowed`.
Result<std::size_t> event_index(std::int64_t index, std::size_t count, bool end_allowed);

// What several faults do with the events they are for: put `lines` before each,
Result<Response> insert_before_events(Response response, const EventChoice& choice, const std::string& lines);
// or edit the data line of each that holds a JSON object; one that was named must.
Result<Response> edit_json_events(Response response, const EventChoice& choice,
                                  const std::function<Result<void>(const SseLine&, BodyEdits&)>& edit);

// Predicates for choose_events.
bool any_event(const SseEvent& event);
bool has_data(const SseEvent& event);
bool has_json_object(const SseEvent& event);  // one data line that begins with '{'

}  // namespace assay::wire

// Places in a script. A place is an offset into the bytes that the script sends, found by mark and never by
// luck. What a Repeat plays has its width, but no place inside it can be named: unroll() plays those that are
// short, so that only long ones and endless ones are left.
//
//   wire: N     after N bytes of the message, head included
//   header: N   before the Nth header line of the final response
//   byte: N     after N bytes of payload (transfer coding not counted)
//   chunk: N    before the Nth HTTP chunk, or write of an unchunked body
//   event: N    before the Nth event; before its chunk's size line where it is the first of the chunk
//
// N counts from 0, from the end when negative; "end" is after the last. So `event: 4` means: 4 events were
// sent.
#pragma once

#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/wire/faults/params.h"
#include "harness/wire/script.h"

namespace assay::wire {

// Half-open.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Range&) const = default;
};

// The final response of a script (after any 1xx) by its marks.
struct Layout {
  std::size_t total = 0;               // bytes in all; of an endless Repeat one round
  std::size_t head = 0;                // its status line
  std::size_t body = 0;                // one past the blank line
  std::vector<std::size_t> headers{};  // each header line
  std::vector<std::size_t> chunks{};   // each chunk's size line, the last chunk's too; empty when not chunked
  std::vector<Range> data{};           // pieces of payload
  std::vector<std::size_t> events{};
  std::size_t payload = 0;       // bytes of payload, with what finite Repeats play
  bool whole_head = false;       // the blank line is there: nothing cut the head
  std::vector<Range> repeats{};  // what Repeats send
  bool endless = false;          // one of them has no end
  bool chunked() const { return !chunks.empty(); }
};
Layout layout(const Script& script);
// The bytes of all top-level writes up to the first Repeat.
std::string top_level_bytes(const Script& script);

// How many bytes a step sends; an endless Repeat one round of them.
std::uint64_t width_of(const Step& step);
// Refuses a message that has a Repeat: for faults that look at all of it.
Result<void> nothing_hidden(const Layout& where);
// Where the body begins; refused when the head was cut.
Result<std::size_t> body_place(const Layout& where);

enum class PlaceUnit { wire, header, byte, chunk, event };
// Resolves one place; refuses what the script does not have ("event 12: there are 5 events").
Result<std::size_t> place_of(const Layout& where, PlaceUnit unit, std::int64_t index);
Result<std::size_t> place_at_end(const Layout& where, PlaceUnit unit);
// How many there are of a unit: the index of "end".
std::size_t count_of(const Layout& where, PlaceUnit unit);

// Reads the keys wire, header, byte, chunk and event. At most one may be given; none is nullopt. Adds what is
// wrong with their form to `params`; call params.finish() before resolve().
struct PlaceParam {
  PlaceUnit unit = PlaceUnit::wire;
  std::vector<std::int64_t> indices{};
  bool end = false;    // "end"
  bool every = false;  // "every"; only where `many` was asked for
};
std::optional<PlaceParam> read_place(Params& params, bool many = false);
// Ascending and without duplicates.
Result<std::vector<std::size_t>> resolve(const Layout& where, const PlaceParam& place);
// For faults that take one place: `otherwise` when none was given.
Result<std::size_t> resolve_one(const Layout& where, const std::optional<PlaceParam>& place,
                                std::size_t otherwise);

// Sets of places by name: every-offset, inside-code-points (of the payload), between-cr-lf (head, chunk
// framing and payload), inside-chunk-size.
const std::vector<std::string_view>& place_set_names();
Result<std::vector<std::size_t>> place_set(const Script& script, std::string_view name);

// What finite Repeats play, played out as steps, unless that is too much (8 MiB or 10,000 rounds).
Script unroll(Script script);
// True for what nothing of the answer can follow: Close, Reset, Stall, HalfClose, AwaitInput, endless Repeat.
bool ends_answer(const Step& step);

// Refuses to divide a script at more than two million places: each piece costs memory.
Result<void> few_enough(const std::vector<std::size_t>& places);
// The script with `steps` inserted at each of `places` (ascending, none inside a Repeat), and before what
// ends the answer. Writes are divided there, marks kept.
Script insert_steps(Script script, const std::vector<std::size_t>& places, const Steps& steps);
// Everything from `place` on is dropped, with what ended the answer before, then `last` is played and the
// connection is not used again.
Script end_at(Script script, std::size_t place, Steps last);
// The bytes in `range` are replaced; marks inside it go, except those at its beginning when
// `keep_first_marks`.
Script replace_bytes(Script script, Range range, const Write& replacement, bool keep_first_marks = true);

}  // namespace assay::wire

// Server-sent events, framed after the WHATWG algorithm (HTML standard, 9.2.5 and 9.2.6), whatever the reads
// look like. Incremental; no allocation once the buffer has the size of the longest event.
//
//   framer.append(bytes);
//   for (SseEvent event; framer.next(event);) use(event);
//
// One owner, one thread. An event's views are valid until the next call of any member that is not const.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/stream/framing/buffer.h"

namespace assay::stream {

struct SseEvent {
  std::string_view type;  // "message" when the stream named none
  std::string_view data;  // followed by Buffer::padding readable bytes
  std::string_view id;    // the last event id
};

// What becomes of an event that the end of the stream cuts before its blank line. The standard discards it;
// recordings that lost their last newline need `flush`.
enum class AtEnd { discard, flush };

struct FrameLimits {
  std::size_t line = std::size_t{16} << 20U;   // bytes of one line
  std::size_t event = std::size_t{16} << 20U;  // bytes of data of one event
  // An event that is no longer than this as it stands passes neither.
  std::size_t smaller() const { return line < event ? line : event; }
};

// Reads the shape that nearly all events have: at most one event line, one data line, a blank line, each
// ended by LF, each name followed by a colon and one space. May be asked again when more bytes have come:
// then it goes on where it stopped. A value; forget it when the bytes it saw are gone.
class SimpleScan {
 public:
  enum class Found { event, cut, other };
  // Up to Buffer::padding bytes after `bytes` may be read. `event` gets type and data only when one was
  // found; `other` also stands for what is not UTF-8 and for lines longer than `line_limit`.
  Found next(std::string_view bytes, std::size_t line_limit, SseEvent& event);
  // Of the event that was found, its blank line included.
  std::size_t size() const { return scanned_ + 2; }

 private:
  std::size_t data_at_ = 0;  // 0: not known yet
  std::size_t scanned_ = 0;  // no line end of the data line before this
  bool ascii_ = true;
};

class SseFramer {
 public:
  explicit SseFramer(FrameLimits limits = {}) : limits_(limits), simple_limit_(limits.smaller()) {}

  char* prepare(std::size_t size) { return buffer_.prepare(size); }
  void commit(std::size_t size) { buffer_.commit(size); }
  void append(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole event, or false: more bytes are needed, or a limit was passed (see error()).
  bool next(SseEvent& event);
  // No more bytes will come. True: one last event (AtEnd::flush only).
  bool finish(AtEnd policy, SseEvent& event);

  // Set once a limit was passed; nothing is read after that.
  const std::optional<Error>& error() const { return error_; }
  // The last `retry:` in milliseconds.
  std::optional<std::uint64_t> retry() const { return retry_; }
  std::string_view last_event_id() const { return last_id_; }

  // For a reader that knows some events without framing. Bytes that were appended and not yet given out:
  std::string_view unread() const { return buffer_.unread(); }
  // True when an event begins with the first of them (or, when there are none, with the next to come) and
  // nothing else is known of them.
  bool at_event() {
    if (dispatched_) release();
    return fresh_ && line_start_ == 0 && line_scanned_ == 0 && !error_;
  }
  // Takes all of them away: they were whole events, and the reader has them.
  void drop_unread() {
    buffer_.consume(buffer_.size());
    scan_ = {};
  }

 private:
  bool skip_bom();
  bool next_line(std::string_view& line);
  bool take_line(std::string_view line, SseEvent& event);
  void field(std::string_view name, std::string_view value);
  void add_data(std::string_view value);
  bool dispatch(SseEvent& event);
  void refuse(const char* what, std::size_t limit);
  void release();
  void clear_event();

  FrameLimits limits_;
  std::size_t simple_limit_;
  Buffer buffer_;
  SimpleScan scan_;  // of the bytes in the buffer, while at_event()
  // Offsets from the buffer's begin. While an event's only data line lies in the buffer, the bytes from it on
  // are kept.
  std::size_t line_start_ = 0;
  std::size_t line_scanned_ = 0;  // bytes of the current line known to hold no line end
  std::size_t data_at_ = 0;
  std::size_t data_size_ = 0;
  enum class Data { none, in_place, joined } data_ = Data::none;
  bool dispatched_ = false;  // the event that was given out may be released now
  bool fresh_ = false;       // between events, at the start of a line
  bool bom_checked_ = false;
  bool skip_lf_ = false;    // the last line ended with CR: an LF right after it belongs to it
  bool ascii_ = true;       // of the current line so far
  bool data_ascii_ = true;  // of the event's data
  std::string joined_;      // data of several lines
  std::string repaired_;    // data with U+FFFD for what is not UTF-8
  std::string type_;
  std::string last_id_;
  std::string pending_id_;
  bool has_pending_id_ = false;
  std::optional<std::uint64_t> retry_;
  std::optional<Error> error_;
};

// `bytes` with every maximal ill-formed part replaced by U+FFFD (Unicode 3.9, WHATWG Encoding "UTF-8
// decode").
std::string repair_utf8(std::string_view bytes);

}  // namespace assay::stream

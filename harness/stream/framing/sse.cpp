#include "harness/stream/framing/sse.h"

#include <simdjson.h>

#include <cstring>

#include "harness/stream/framing/kernel.h"

namespace assay::stream {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// How many bytes after the lead byte `lead` belong to its sequence, and the range of the first of them
// (Unicode table 3-7). 0 more bytes and an empty range: no lead byte at all.
struct Lead {
  unsigned more = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1};
  if (byte == 0xE0) return {2, 0xA0};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2};
  if (byte == 0xF0) return {3, 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {3};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 8);
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    if (at(i) < 0x80) {
      out += bytes[i++];
      continue;
    }
    const Lead lead = lead_of(at(i));
    std::size_t end = i + 1;
    unsigned left = lead.more;
    if (left != 0 && end < bytes.size() && at(end) >= lead.low && at(end) <= lead.high) {
      ++end;
      --left;
      while (left != 0 && end < bytes.size() && (at(end) & 0xC0U) == 0x80U) {
        ++end;
        --left;
      }
    }
    if (lead.more != 0 && left == 0) {
      out += bytes.substr(i, end - i);
    } else {
      out += replacement;
    }
    i = end;
  }
  return out;
}

bool SseFramer::next(SseEvent& event) {
  if (error_) return false;
  if (dispatched_) release();
  if (!bom_checked_ && !skip_bom()) return false;
  if (fresh_ && line_scanned_ == 0 && line_start_ == 0) {
    const SimpleScan::Found found = scan_.next(buffer_.unread(), simple_limit_, event);
    if (found == SimpleScan::Found::cut) return false;
    const std::size_t size = scan_.size();
    scan_ = {};
    if (found == SimpleScan::Found::event) {
      buffer_.consume(size);
      event.id = last_id_;
      return true;
    }
  }
  for (std::string_view line; !error_ && next_line(line);)
    if (take_line(line, event)) return true;
  return false;
}

SimpleScan::Found SimpleScan::next(std::string_view bytes, std::size_t line_limit, SseEvent& event) {
  constexpr std::string_view event_name = "event: ";
  constexpr std::string_view data_name = "data: ";
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const auto cut_or = [&](bool cut) { return cut && bytes.size() <= line_limit ? Found::cut : Found::other; };
  if (data_at_ == 0) {
    const char* at = begin;
    if (bytes.starts_with(event_name)) {
      at = decoding::kernel().line_end(begin + event_name.size(), end, ascii_);
      if (at == end) return cut_or(true);
      if (*at != '\n' || at == begin + event_name.size()) return Found::other;
      ++at;
    }
    const std::string_view rest(at, static_cast<std::size_t>(end - at));
    if (!rest.starts_with(data_name))
      return cut_or(data_name.starts_with(rest) || (at == begin && event_name.starts_with(rest)));
    scanned_ = data_at_ = static_cast<std::size_t>(at - begin) + data_name.size();
  }
  const char* const eol = decoding::kernel().line_end(begin + scanned_, end, ascii_);
  scanned_ = static_cast<std::size_t>(eol - begin);
  if (end - eol < 2) return cut_or(eol == end || *eol == '\n');
  if (eol[0] != '\n' || eol[1] != '\n' || scanned_ >= line_limit) return Found::other;
  if (!ascii_ && !simdjson::validate_utf8(begin, scanned_)) return Found::other;
  event.type = "message";
  if (data_at_ > data_name.size())
    event.type = {begin + event_name.size(), data_at_ - data_name.size() - 1 - event_name.size()};
  event.data = {begin + data_at_, scanned_ - data_at_};
  return Found::event;
}

bool SseFramer::skip_bom() {
  constexpr std::string_view bom = "\xEF\xBB\xBF";
  const std::string_view unread = buffer_.unread();
  if (unread.size() < bom.size() && unread == bom.substr(0, unread.size())) return false;
  if (unread.substr(0, bom.size()) == bom) buffer_.consume(bom.size());
  bom_checked_ = true;
  fresh_ = true;
  return true;
}

bool SseFramer::next_line(std::string_view& line) {
  const char* start = buffer_.begin() + line_start_;
  const char* end = buffer_.end();
  if (skip_lf_) {
    if (start == end) return false;
    skip_lf_ = false;
    if (*start == '\n') {
      ++start;
      ++line_start_;
    }
  }
  if (line_scanned_ == 0) ascii_ = true;
  const char* at = decoding::kernel().line_end(start + line_scanned_, end, ascii_);
  if (at == end) {
    line_scanned_ = static_cast<std::size_t>(end - start);
    if (line_scanned_ > limits_.line) refuse("a line of the event stream", limits_.line);
    return false;
  }
  line = {start, static_cast<std::size_t>(at - start)};
  if (line.size() > limits_.line) {
    refuse("a line of the event stream", limits_.line);
    return false;
  }
  std::size_t ended = 1;
  if (*at == '\r') {
    if (at + 1 == end) {
      skip_lf_ = true;
    } else if (at[1] == '\n') {
      ended = 2;
    }
  }
  line_start_ += line.size() + ended;
  line_scanned_ = 0;
  return true;
}

// True when the line ended an event.
bool SseFramer::take_line(std::string_view line, SseEvent& event) {
  fresh_ = false;
  if (line.empty()) {
    if (dispatch(event)) return true;
  } else if (line.substr(0, 5) == "data:") {
    line.remove_prefix(5);
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    add_data(line);
  } else if (line.front() != ':') {
    const std::size_t colon = line.find(':');
    std::string_view value = line.substr(colon == std::string_view::npos ? line.size() : colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    field(line.substr(0, colon), value);
  }
  if (data_ != Data::in_place) {
    buffer_.consume(line_start_);
    line_start_ = 0;
  }
  return false;
}

void SseFramer::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    add_data(value);
  } else if (name == "event") {
    if (ascii_) {
      type_ = value;
    } else {
      type_ = repair_utf8(value);
    }
  } else if (name == "id") {
    if (value.find('\0') != std::string_view::npos) return;
    pending_id_ = ascii_ ? std::string(value) : repair_utf8(value);
    has_pending_id_ = true;
  } else if (name == "retry") {
    if (all_digits(value) && value.size() < 19) retry_ = std::stoull(std::string(value));
  }
}

void SseFramer::add_data(std::string_view value) {
  const std::size_t before = data_ == Data::none       ? 0
                             : data_ == Data::in_place ? data_size_ + 1
                                                       : joined_.size() + 1;
  if (before + value.size() > limits_.event) {
    refuse("an event", limits_.event);
    return;
  }
  if (data_ == Data::none) {
    data_ = Data::in_place;
    data_at_ = static_cast<std::size_t>(value.data() - buffer_.begin());
    data_size_ = value.size();
    data_ascii_ = ascii_;
    return;
  }
  if (data_ == Data::in_place) {
    joined_.assign(buffer_.begin() + data_at_, data_size_);
    data_ = Data::joined;
  }
  joined_ += '\n';
  joined_ += value;
  data_ascii_ = data_ascii_ && ascii_;
}

void SseFramer::refuse(const char* what, std::size_t limit) {
  error_ = Error{std::string(what) + " is longer than " + std::to_string(limit) + " bytes", {}, 0};
}

bool SseFramer::dispatch(SseEvent& event) {
  if (has_pending_id_) {
    last_id_ = pending_id_;
    has_pending_id_ = false;
  }
  if (error_ || data_ == Data::none) {
    clear_event();
    return false;
  }
  joined_.reserve(joined_.size() + Buffer::padding);
  event.data = data_ == Data::in_place ? std::string_view(buffer_.begin() + data_at_, data_size_)
                                       : std::string_view(joined_);
  if (!data_ascii_ && !simdjson::validate_utf8(event.data.data(), event.data.size())) {
    repaired_ = repair_utf8(event.data);
    repaired_.reserve(repaired_.size() + Buffer::padding);
    event.data = repaired_;
  }
  event.type = type_.empty() ? std::string_view("message") : std::string_view(type_);
  event.id = last_id_;
  dispatched_ = true;
  return true;
}

void SseFramer::release() {
  dispatched_ = false;
  buffer_.consume(line_start_);
  line_start_ = 0;
  clear_event();
}

void SseFramer::clear_event() {
  data_ = Data::none;
  type_.clear();
  fresh_ = !skip_lf_;
}

bool SseFramer::finish(AtEnd policy, SseEvent& event) {
  if (dispatched_) release();
  if (error_ || policy == AtEnd::discard) return false;
  bom_checked_ = true;
  scan_ = {};
  for (std::string_view line; !error_ && next_line(line);)
    if (take_line(line, event)) return true;
  if (error_) return false;
  const char* start = buffer_.begin() + line_start_;
  const std::string_view rest(start, static_cast<std::size_t>(buffer_.end() - start));
  if (!rest.empty()) {
    line_start_ += rest.size();
    line_scanned_ = 0;
    if (take_line(rest, event)) return true;
  }
  return dispatch(event);
}

}  // namespace assay::stream

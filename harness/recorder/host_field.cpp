#include "harness/recorder/host_field.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "harness/base/exchange.h"
#include "harness/base/text.h"

namespace assay {
namespace {

constexpr std::size_t kMostOfAName = 32;     // longer than the names that matter
constexpr std::size_t kMostOfAValue = 1024;  // of a field that frames the body

}  // namespace

void HostField::pass(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    std::size_t used = bytes.size();
    if (part_ == Part::body) {
      used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      left_ -= used;
      if (left_ == 0) part_ = Part::request_line;
    } else if (part_ == Part::chunks) {
      used = chunks_.feed(bytes);
      if (chunks_.state() == ChunkScan::State::done) part_ = Part::request_line;
      if (chunks_.state() == ChunkScan::State::bad) part_ = Part::alone;
    } else if (part_ != Part::alone) {
      head_byte(bytes.front(), out);
      bytes.remove_prefix(1);
      continue;
    }
    out += bytes.substr(0, used);
    bytes.remove_prefix(used);
  }
}

void HostField::head_byte(char c, std::string& out) {
  const bool starts_line = part_ == Part::name && line_.empty();
  if (starts_line && (c == ' ' || c == '\t')) {
    fold(c, out);
  } else if (!replaced_) {
    out += c;
  }
  if (c == '\n') {
    if (part_ == Part::request_line) {
      request_line_ended();
    } else {
      field_line_ended(out);
    }
  } else if (part_ == Part::request_line) {
    // Its end alone is of interest.
    if (line_.size() == 64) line_.erase(0, 32);
    line_ += c;
  } else if (part_ == Part::name && c == ':') {
    field_ = iequals(line_, "Host")                ? Field::host
             : iequals(line_, "Content-Length")    ? Field::length
             : iequals(line_, "Transfer-Encoding") ? Field::encoding
                                                   : Field::other;
    part_ = Part::value;
    line_.clear();
    replaced_ = field_ == Field::host;
    if (replaced_) out.append(" ").append(authority_);
  } else if (part_ == Part::name) {
    if (line_.size() < kMostOfAName) line_ += c;
  } else if (part_ == Part::value && (field_ == Field::length || field_ == Field::encoding)) {
    line_ += c;
    if (line_.size() > kMostOfAValue) part_ = Part::alone;
  }
  before_ = c;
}

// A line that goes on with the value before it.
void HostField::fold(char c, std::string& out) {
  if (field_ == Field::host) {
    replaced_ = true;
    folded_ = true;
  } else {
    out += c;
  }
  // Whether it changes the framing is more than needs to be known.
  part_ = field_ == Field::length || field_ == Field::encoding ? Part::alone : Part::value;
}

void HostField::request_line_ended() {
  const bool blank = line_ == "\r";  // RFC 9112 section 2.2: lines that may stand before a request
  const bool request = line_.ends_with(" HTTP/1.1\r") || line_.ends_with(" HTTP/1.0\r");
  line_.clear();
  if (blank) return;
  part_ = request ? Part::name : Part::alone;
  field_ = Field::other;
  length_.reset();
  encoded_ = false;
  chunked_ = false;
}

void HostField::field_line_ended(std::string& out) {
  const bool whole = before_ == '\r';
  if (replaced_ && !folded_) out += whole ? "\r\n" : "\n";
  replaced_ = false;
  folded_ = false;
  const std::string line = std::exchange(line_, {});
  if (!whole) {
    part_ = Part::alone;
    return;
  }
  if (part_ == Part::name) {
    // Without a colon: the empty line, or none of HTTP's.
    if (line == "\r") {
      head_ended();
    } else {
      part_ = Part::alone;
    }
    return;
  }
  part_ = Part::name;
  const std::string_view value = trim(line);
  if (field_ == Field::length && !note_length(value)) part_ = Part::alone;
  if (field_ == Field::encoding) {
    encoded_ = true;
    chunked_ = iequals(trim(split(value, ',').back()), "chunked");
  }
}

bool HostField::note_length(std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc() || end != value.data() + value.size()) return false;
  if (length_ && *length_ != length) return false;
  length_ = length;
  return true;
}

void HostField::head_ended() {
  part_ = Part::request_line;
  if (encoded_) {
    part_ = chunked_ ? Part::chunks : Part::alone;
    chunks_ = ChunkScan();
  } else if (length_.value_or(0) > 0) {
    part_ = Part::body;
    left_ = *length_;
  }
}

}  // namespace assay

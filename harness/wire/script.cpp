#include "harness/wire/script.h"

#include <cstring>

#include "harness/base/text.h"

namespace assay::wire {
namespace {

void append_bytes(const Steps& steps, std::string& out) {
  for (const Step& step : steps) {
    if (const auto* write = std::get_if<Write>(&step.op)) {
      out += write->bytes;
    } else if (const auto* repeat = std::get_if<Repeat>(&step.op)) {
      append_bytes(repeat->steps, out);
    }
  }
}

// One past the line end that begins at `at` (CRLF, LF or CR).
std::size_t after_line_end(std::string_view body, std::size_t at) {
  return body[at] == '\r' && at + 1 < body.size() && body[at + 1] == '\n' ? at + 2 : at + 1;
}

// Whether a block of SSE lines has comments alone, and so is no event to anybody.
bool only_comments(std::string_view block) {
  for (std::size_t at = 0; at < block.size();) {
    if (block[at] != ':' && block[at] != '\n' && block[at] != '\r') return false;
    at = block.find_first_of("\r\n", at);
    if (at == std::string_view::npos) break;
    at = after_line_end(block, at);
  }
  return true;
}

std::vector<std::size_t> sse_offsets(std::string_view body) {
  std::vector<std::size_t> out;
  // memchr alone is several times faster than looking for two characters; most streams have no CR.
  const bool any_cr = body.find('\r') != std::string_view::npos;
  bool between_blocks = true;
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] == '\n' || body[at] == '\r') {  // an empty line
      between_blocks = true;
      at = after_line_end(body, at);
      continue;
    }
    if (between_blocks) out.push_back(at);
    between_blocks = false;
    at = any_cr ? body.find_first_of("\r\n", at) : body.find('\n', at);
    if (at == std::string_view::npos) break;
    at = after_line_end(body, at);
  }
  std::size_t leading = 0;
  while (leading + 1 < out.size() &&
         only_comments(body.substr(out[leading], out[leading + 1] - out[leading])))
    ++leading;
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(leading));
  if (leading > 0) out.front() = body.find_first_not_of("\r\n");
  return out;
}

std::vector<std::size_t> line_offsets(std::string_view body) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = body.find('\n', at);
    const std::string_view line = body.substr(at, end - at);
    if (!line.empty() && line != "\r") out.push_back(at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return out;
}

// Each message begins with its own total length, 4 bytes, big-endian; 16 bytes is the shortest that can be
// (prelude of 12 and a CRC of 4). Stops where the lengths stop making sense.
std::vector<std::size_t> eventstream_offsets(std::string_view body) {
  std::vector<std::size_t> out;
  std::size_t at = 0;
  while (body.size() - at >= 4) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(body[at + i]);
    if (length < 16 || length > body.size() - at) break;
    out.push_back(at);
    at += length;
  }
  return out;
}

}  // namespace

std::string all_bytes(const Script& script) {
  std::string out;
  append_bytes(script.steps, out);
  return out;
}

std::vector<std::size_t> event_offsets(std::string_view body, std::string_view content_type) {
  const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
  if (type == "text/event-stream") return sse_offsets(body);
  if (type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl" ||
      type == "application/jsonlines" || type == "application/json-lines" ||
      type == "application/stream+json") {
    return line_offsets(body);
  }
  if (type == "application/vnd.amazon.eventstream") return eventstream_offsets(body);
  return {};
}

}  // namespace assay::wire

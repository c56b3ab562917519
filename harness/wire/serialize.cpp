// serialize(): a response becomes the bytes of one HTTP/1.1 message (RFC 9112), with every border marked.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "harness/base/text.h"
#include "harness/wire/script.h"

namespace assay::wire {
namespace {

// Collects bytes into the last write of a script until another step is asked for.
class Builder {
 public:
  void reserve(std::size_t bytes) { write_.bytes.reserve(bytes); }
  void mark(MarkKind kind) { write_.marks.push_back({write_.bytes.size(), kind}); }
  void mark_ahead(MarkKind kind, std::size_t ahead) {
    write_.marks.push_back({write_.bytes.size() + ahead, kind});
  }
  void add(std::string_view bytes) { write_.bytes += bytes; }
  void step(Step s) {
    end_write();
    steps_.push_back(std::move(s));
  }
  Steps take() {
    end_write();
    return std::move(steps_);
  }

 private:
  void end_write() {
    if (write_.bytes.empty() && write_.marks.empty()) return;
    steps_.push_back({std::move(write_)});
    write_ = {};
  }
  Write write_;
  Steps steps_;
};

// Turns recorded times into waits: each due time is scaled from the start and the waits are their
// differences.
class Pacer {
 public:
  // A time that is stretched to more than this is this: clocks count no further than 292 years.
  static constexpr Micros kLongest = std::chrono::days(36500);
  explicit Pacer(double speed) : speed_(speed) {}
  // The wait until `recorded`; zero without pacing, and for a time that lies before the one last given.
  Micros until(Micros recorded) {
    if (speed_ <= 0) return Micros(0);
    const double due_us = static_cast<double>(recorded.count()) / speed_;
    const Micros due(std::llround(std::min(due_us, static_cast<double>(kLongest.count()))));
    const Micros wait = std::max(due - last_, Micros(0));
    last_ += wait;
    return wait;
  }

 private:
  double speed_;
  Micros last_{0};
};

bool status_without_body(int status) {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

bool has_token(const std::string* header, std::string_view token) {
  if (header == nullptr) return false;
  const auto tokens = split(*header, ',');
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](std::string_view t) { return iequals(trim(t), token); });
}

bool keeps_alive(const Response& response, const SerializeOptions& options) {
  const std::string* connection = find_header(response.headers, "Connection");
  if (!options.keep_alive || has_token(connection, "close")) return false;
  if (response.version == "HTTP/1.0" && !has_token(connection, "keep-alive")) return false;
  if (options.head_request || status_without_body(response.status)) return true;
  return response.framing == BodyFraming::content_length || response.framing == BodyFraming::chunked;
}

void add_header(Builder& out, std::string_view name, std::string_view value) {
  out.mark(MarkKind::header);
  out.add(name);
  out.add(": ");
  out.add(value);
  out.add("\r\n");
}

void add_head(Builder& out, const Response& r, const SerializeOptions& options, std::size_t body_size) {
  out.mark(MarkKind::head);
  out.add(r.version);
  out.add(" ");
  out.add(std::to_string(r.status));
  out.add(" ");
  out.add(r.reason);
  out.add("\r\n");
  for (const Header& h : r.headers) add_header(out, h.name, h.value);
  if (!status_without_body(r.status)) {
    if (r.framing == BodyFraming::content_length && find_header(r.headers, "Content-Length") == nullptr) {
      add_header(out, "Content-Length", std::to_string(body_size));
    } else if (r.framing == BodyFraming::chunked && find_header(r.headers, "Transfer-Encoding") == nullptr) {
      add_header(out, "Transfer-Encoding", "chunked");
    }
  }
  if (!options.keep_alive && find_header(r.headers, "Connection") == nullptr) {
    add_header(out, "Connection", "close");
  }
  out.add("\r\n");
  out.mark(MarkKind::body);
}

// Offsets of events over the whole payload; none when a content coding hides them.
std::vector<std::size_t> payload_events(const Response& r, const SerializeOptions& options) {
  const std::string* type = find_header(r.headers, "Content-Type");
  const std::string* coding = find_header(r.headers, "Content-Encoding");
  if (type == nullptr || options.hidden_coding || (coding != nullptr && !iequals(*coding, "identity")))
    return {};
  if (r.body.size() == 1) return event_offsets(r.body.front().bytes, *type);
  return event_offsets(body_bytes(r), *type);
}

void add_body(Builder& out, const Response& r, const SerializeOptions& options) {
  const bool chunked = r.framing == BodyFraming::chunked;
  const std::vector<std::size_t> events = payload_events(r, options);
  auto event = events.begin();
  Pacer pacer(options.speed);
  std::size_t sent = 0;
  for (const Chunk& chunk : r.body) {
    if (chunk.bytes.empty()) continue;  // as an HTTP chunk it would end the body
    if (sent != 0 && options.cut_chunks) out.step({Cut{}});
    if (const Micros wait = pacer.until(chunk.at); wait != Micros(0)) {
      out.step({Wait{wait}});
    } else if (sent != 0 && !chunked && !options.cut_chunks) {
      out.step({Flush{}});  // an unchunked body has no other borders than its writes
    }
    if (chunked) {
      out.mark(MarkKind::chunk);
      std::array<char, 18> size{};
      const auto end = std::to_chars(size.data(), size.data() + 16, chunk.bytes.size(), 16).ptr;
      out.add({size.data(), static_cast<std::size_t>(end - size.data())});
      out.add("\r\n");
    }
    out.mark(MarkKind::data);
    for (; event != events.end() && *event < sent + chunk.bytes.size(); ++event) {
      out.mark_ahead(MarkKind::event, *event - sent);
    }
    out.add(chunk.bytes);
    out.mark(MarkKind::data_end);
    if (chunked) out.add("\r\n");
    sent += chunk.bytes.size();
  }
  if (!chunked) return;
  out.mark(MarkKind::chunk);
  out.add("0\r\n");
  for (const Header& h : r.trailers) {
    out.add(h.name);
    out.add(": ");
    out.add(h.value);
    out.add("\r\n");
  }
  out.add("\r\n");
}

}  // namespace

Script serialize(const Response& response, const SerializeOptions& options) {
  std::size_t body_size = 0;
  for (const Chunk& c : response.body) body_size += c.bytes.size();

  Builder out;
  if (const Micros wait = Pacer(options.speed).until(response.head_delay); wait != Micros(0)) {
    out.step({Wait{wait}});
  }
  // One allocation where everything goes out as one write; waits and cuts make writes of their own.
  const bool one_write = options.speed <= 0 && !options.cut_chunks;
  out.reserve(512 + (one_write ? body_size + 12 * response.body.size() : 0));
  add_head(out, response, options, body_size);
  if (!options.head_request && !status_without_body(response.status) &&
      response.framing != BodyFraming::none) {
    add_body(out, response, options);
  }
  out.mark(MarkKind::end);
  return {out.take(), keeps_alive(response, options), false};
}

}  // namespace assay::wire

#include "harness/wire/faults/body.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/wire/script.h"

namespace assay::wire {
namespace {

std::vector<SseLine> lines_of(std::string_view body, std::size_t begin, std::size_t end) {
  std::vector<SseLine> out;
  for (std::size_t at = begin; at < end;) {
    SseLine line;
    line.begin = at;
    line.end = std::min(body.find_first_of("\r\n", at), end);
    line.next = line.end;
    if (line.next < end) {
      line.next += body[line.next] == '\r' && line.next + 1 < end && body[line.next + 1] == '\n' ? 2 : 1;
    }
    line.text = body.substr(line.begin, line.end - line.begin);
    at = line.next;
    if (!line.text.empty()) out.push_back(line);
  }
  return out;
}

Result<void> read_sse(const Response& response, SseBody& out) {
  const std::string* type = find_header(response.headers, "Content-Type");
  const std::string name = type == nullptr ? "" : to_lower(trim(type->substr(0, type->find(';'))));
  if (name != "text/event-stream") {
    return fail("applies to a text/event-stream body, this one is " +
                (type == nullptr ? "of no declared type" : *type));
  }
  if (auto plain = not_coded(response); !plain) return plain;
  out.bytes = body_bytes(response);
  const std::vector<std::size_t> begins = event_offsets(out.bytes, *type);
  if (begins.empty()) return fail("the body has no events");
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::size_t end = i + 1 < begins.size() ? begins[i + 1] : out.bytes.size();
    const std::string_view text = std::string_view(out.bytes).substr(begins[i], end - begins[i]);
    out.events.push_back({begins[i], end, text, lines_of(out.bytes, begins[i], end)});
  }
  return {};
}

}  // namespace

void BodyEdits::replace(std::size_t begin, std::size_t end, std::string text) {
  edits_.push_back({begin, end, std::move(text)});
}

Response BodyEdits::apply(Response response) {
  std::stable_sort(edits_.begin(), edits_.end(),
                   [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  if (response.body.empty()) response.body.push_back({});
  std::size_t base = 0;
  auto edit = edits_.begin();
  std::size_t removed_until = 0;
  for (std::size_t c = 0; c < response.body.size(); ++c) {
    const std::string old = std::move(response.body[c].bytes);
    const bool last = c + 1 == response.body.size();
    std::string bytes;
    std::size_t at = 0;
    const auto keep_until = [&](std::size_t end) {
      at = std::max(at, std::min(removed_until - std::min(removed_until, base), old.size()));
      if (end > at) bytes.append(old, at, end - at);
      at = std::max(at, end);
    };
    for (; edit != edits_.end() && (last || edit->begin < base + old.size()); ++edit) {
      keep_until(std::min(edit->begin - base, old.size()));
      bytes += edit->text;
      removed_until = std::max(removed_until, edit->end);
    }
    keep_until(old.size());
    base += old.size();
    response.body[c].bytes = std::move(bytes);
  }
  std::erase_if(response.body, [](const Chunk& c) { return c.bytes.empty(); });
  const std::string* length = find_header(response.headers, "Content-Length");
  if (length != nullptr && *length == std::to_string(base)) refit_content_length(response);
  return response;
}

void refit_content_length(Response& response) {
  if (find_header(response.headers, "Content-Length") == nullptr) return;
  std::size_t size = 0;
  for (const Chunk& c : response.body) size += c.bytes.size();
  set_header(response.headers, "Content-Length", std::to_string(size));
}

Response replace_body(Response response, std::string body, std::string_view content_type) {
  const Micros at = response.body.empty() ? Micros(0) : response.body.front().at;
  response.body.clear();
  if (!body.empty()) response.body.push_back({std::move(body), at});
  response.trailers.clear();
  remove_header(response.headers, "Content-Length");
  remove_header(response.headers, "Content-Encoding");
  if (response.framing == BodyFraming::chunked || response.framing == BodyFraming::none) {
    remove_header(response.headers, "Transfer-Encoding");
    response.framing = BodyFraming::content_length;
  }
  if (!content_type.empty()) set_header(response.headers, "Content-Type", std::string(content_type));
  return response;
}

void set_status(Response& response, int status) {
  response.status = status;
  response.reason = reason_phrase(status);
}

std::vector<Chunk> divide_body(const Response& response, const std::vector<std::size_t>& begins) {
  const std::string bytes = body_bytes(response);
  std::vector<Chunk> out;
  auto old = response.body.begin();
  std::size_t old_end = old->bytes.size();
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::size_t end = i + 1 < begins.size() ? begins[i + 1] : bytes.size();
    while (old_end < end) old_end += (++old)->bytes.size();
    out.push_back({bytes.substr(begins[i], end - begins[i]), old->at});
  }
  return out;
}

Result<void> not_coded(const Response& response) {
  const std::string* coding = find_header(response.headers, "Content-Encoding");
  if (coding == nullptr || iequals(*coding, "identity")) return {};
  return fail("the body is coded (" + *coding + "): its text cannot be seen");
}

std::vector<std::size_t> event_borders(const Response& response) {
  const std::string* type = find_header(response.headers, "Content-Type");
  if (type == nullptr || !not_coded(response)) return {};
  std::vector<std::size_t> out = event_offsets(body_bytes(response), *type);
  if (!out.empty()) out.front() = 0;
  return out;
}

std::string_view SseLine::value() const {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return text.substr(text.size());
  std::string_view value = text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

std::string line_end_of(std::string_view text) {
  const std::size_t at = text.find_first_of("\r\n");
  if (at == std::string_view::npos || text[at] == '\n') return "\n";
  return text.substr(at, 2) == "\r\n" ? "\r\n" : "\r";
}

std::string with_line_ends(const std::string& text, const std::string& end) {
  std::string out;
  for (const char c : text) out += c == '\n' ? end : std::string(1, c);
  return out;
}

std::string SseBody::in_its_line_ends(const std::string& text) const {
  return with_line_ends(text, line_end_of(bytes));
}

std::string SseEvent::separator() const {
  const std::size_t last = text.size() - std::min(text.size(), text.find_last_not_of("\r\n") + 1);
  const std::string_view ends = text.substr(text.size() - last);
  const std::string end = line_end_of(text);
  std::size_t count = 0;
  for (std::size_t at = 0; at < ends.size(); ++count) at += ends.compare(at, 2, "\r\n") == 0 ? 2 : 1;
  return count >= 2 ? "" : count == 1 ? end : end + end;
}

std::optional<std::string> SseEvent::data() const {
  std::optional<std::string> out;
  for (const SseLine& line : lines) {
    if (line.field() != "data") continue;
    if (out) *out += '\n';
    if (!out) out.emplace();
    *out += line.value();
  }
  return out;
}

Result<Response> edit_sse(Response response,
                          const std::function<Result<void>(const SseBody&, BodyEdits&)>& edit) {
  SseBody body;
  if (auto read = read_sse(response, body); !read) return tl::unexpected(read.error());
  BodyEdits edits;
  if (auto edited = edit(body, edits); !edited) return tl::unexpected(edited.error());
  return edits.apply(std::move(response));
}

EventChoice read_events(Params& params, std::optional<std::int64_t> otherwise) {
  EventChoice out;
  const nlohmann::json* value = params.value("event");
  if (value == nullptr) {
    out.every = !otherwise;
    if (otherwise) out.indices.push_back(*otherwise);
    return out;
  }
  if (*value == "every") {
    out.every = true;
    return out;
  }
  const nlohmann::json list = value->is_array() ? *value : nlohmann::json::array({*value});
  for (const nlohmann::json& item : list) {
    if (item.is_number_integer()) {
      out.indices.push_back(item.get<std::int64_t>());
    } else {
      params.wrong("event: expected an index, a list of them or \"every\", found " + as_text(item));
    }
  }
  if (list.empty()) params.wrong("event: the list is empty");
  return out;
}

Result<std::size_t> event_index(std::int64_t index, std::size_t count, bool end_allowed) {
  const auto n = static_cast<std::int64_t>(count);
  const std::int64_t i = index < 0 ? n + index : index;
  if (i < 0 || i > n || (i == n && !end_allowed)) {
    return fail("event " + std::to_string(index) + ": there " +
                (n == 1 ? "is 1 event" : "are " + std::to_string(n) + " events"));
  }
  return static_cast<std::size_t>(i);
}

Result<std::vector<std::size_t>> choose_events(const SseBody& body, const EventChoice& choice,
                                               const std::function<bool(const SseEvent&)>& wanted,
                                               std::string_view wanted_what) {
  std::vector<std::size_t> out;
  for (const std::int64_t index : choice.indices) {
    auto i = event_index(index, body.events.size(), false);
    if (!i) return tl::unexpected(i.error());
    if (!wanted(body.events[*i])) {
      return fail("event " + std::to_string(index) + " has no " + std::string(wanted_what));
    }
    out.push_back(*i);
  }
  for (std::size_t i = 0; choice.every && i < body.events.size(); ++i) {
    if (wanted(body.events[i])) out.push_back(i);
  }
  if (out.empty()) return fail("no event has " + std::string(wanted_what));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<Response> insert_before_events(Response response, const EventChoice& choice,
                                      const std::string& lines) {
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto chosen = choose_events(body, choice, any_event, "place");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const std::size_t i : *chosen) edits.insert(body.events[i].begin, body.in_its_line_ends(lines));
    return {};
  });
}

Result<Response> edit_json_events(Response response, const EventChoice& choice,
                                  const std::function<Result<void>(const SseLine&, BodyEdits&)>& edit) {
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto chosen = choose_events(body, choice, has_json_object, "single data line with a JSON object");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const std::size_t i : *chosen) {
      for (const SseLine& line : body.events[i].lines) {
        if (line.field() != "data") continue;
        if (auto done = edit(line, edits); !done) return done;
      }
    }
    return {};
  });
}

bool any_event(const SseEvent&) {
  return true;
}

bool has_data(const SseEvent& event) {
  return event.data().has_value();
}

bool has_json_object(const SseEvent& event) {
  const auto is_data = [](const SseLine& line) { return line.field() == "data"; };
  const auto line = std::find_if(event.lines.begin(), event.lines.end(), is_data);
  return line != event.lines.end() && line->value().starts_with('{') &&
         std::none_of(line + 1, event.lines.end(), is_data);
}

}  // namespace assay::wire

#include "harness/browser/user_agent.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"

namespace assay::browser {
namespace {

constexpr std::string_view kAgent = "Mozilla/5.0 (compatible; assay browser double)";

std::string error_name(http::End end) {
  switch (end) {
    case http::End::complete:
      return {};
    case http::End::refused:
      return "ERR_CONNECTION_REFUSED";
    case http::End::unreachable:
      return "ERR_ADDRESS_UNREACHABLE";
    case http::End::tls_failure:
      return "ERR_SSL_PROTOCOL_ERROR";
    case http::End::no_response:
      return "ERR_EMPTY_RESPONSE";
    case http::End::truncated_length:
      return "ERR_CONTENT_LENGTH_MISMATCH";
    case http::End::truncated_chunked:
      return "ERR_INCOMPLETE_CHUNKED_ENCODING";
    case http::End::reset:
      return "ERR_CONNECTION_RESET";
    case http::End::stalled:
    case http::End::deadline:
      return "ERR_TIMED_OUT";
    case http::End::truncated_head:
    case http::End::malformed:
      return "ERR_INVALID_HTTP_RESPONSE";
    case http::End::cancelled:
      return "ERR_ABORTED";
  }
  return "ERR_FAILED";
}

std::string bytes_of(const Request& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const Header& header : request.headers) out += header.name + ": " + header.value + "\r\n";
  return out + "\r\n" + request.body;
}

}  // namespace

UserAgent::UserAgent(const Plan& plan, Journal& journal, const VisitOptions& options)
    : plan_(plan),
      journal_(journal),
      options_(options),
      until_(std::chrono::steady_clock::now() + plan.deadline),
      cancel_(options.cancel == nullptr ? -1 : options.cancel->descriptor()) {}

Answer UserAgent::load_page(const Load& load) {
  const Request request = request_for(load);
  note_request(request);
  http::ClientOptions settings;
  settings.ca_file = options_.ca_file;
  settings.total_deadline =
      std::max(Micros(1), std::chrono::duration_cast<Micros>(until_ - std::chrono::steady_clock::now()));
  settings.stall_deadline =
      settings.total_deadline;  // a user waits for a page as long as for the whole visit
  http::Client client(settings);
  Answer answer;
  http::ResponseEvents events;
  events.on_body = [&](const http::BodyPiece& piece) {
    answer.body += piece.bytes;
    return true;
  };
  const auto outcome = client.exchange(load.where.url, request, events, options_.cancel);
  if (outcome.head) {
    answer.status = outcome.head->status;
    answer.headers = outcome.head->headers;
  }
  answer.error = error_name(outcome.end);
  keep_cookies(load.where, answer);
  note_answer(request, answer);
  return answer;
}

// One request, on the connection that was kept when there is one.
Answer UserAgent::once(const Load& load) {
  Answer answer = exchange(load.where, request_for(load));
  keep_cookies(load.where, answer);
  return answer;
}

Answer UserAgent::exchange(const Location& where, const Request& request) {
  const bool reused = kept_.has_value();
  Connection connection = reused ? std::move(*kept_) : connect(where);
  kept_.reset();
  send_plainly(connection, request);
  Answer answer = read(connection, request);
  // A kept connection that was closed meanwhile: browsers ask again on a new one.
  if (reused && answer.status == 0 &&
      (answer.error == "ERR_EMPTY_RESPONSE" || answer.error == "ERR_CONNECTION_RESET")) {
    connection = connect(where);
    send_plainly(connection, request);
    answer = read(connection, request);
  }
  if (answer.keep_alive && delivered_) kept_ = std::move(connection);
  return answer;
}

Connection UserAgent::connect(const Location& where) {
  std::optional<Connection> last;
  for (const std::string& address : addresses_for(where.url.host, plan_.address)) {
    last.emplace(address, where.url.port, std::min(until_, answer_deadline()), cancel_);
    JournalEntry entry;
    entry.actor = "browser";
    entry.kind = last->is_open() ? JournalKind::connect : JournalKind::note;
    entry.text =
        fmt::format("{}:{}{}", address.find(':') == std::string::npos ? address : "[" + address + "]",
                    where.url.port, last->is_open() ? "" : " " + last->error());
    if (last->is_open()) entry.detail = {{"local_port", last->local_port()}};
    journal_.append(std::move(entry));
    if (last->is_open()) break;
  }
  if (!last) last.emplace("", 0, until_, cancel_);
  return std::move(*last);
}

Deadline UserAgent::answer_deadline() const {
  return std::min(until_, std::chrono::steady_clock::now() + plan_.answer_deadline);
}

// The callback itself, in the plan's manner.
void UserAgent::send(Connection& connection, const Request& request) {
  note_request(request);
  connection.send(bytes_of(request), plan_.split_bytes, plan_.split_pause, until_);
  if (plan_.half_close && connection.is_open()) connection.half_close();
  delivered_ = true;
}
void UserAgent::send_plainly(Connection& connection, const Request& request) {
  note_request(request);
  connection.send(bytes_of(request), 0, Micros(0), until_);
}
Answer UserAgent::read(Connection& connection, const Request& request) {
  Answer answer = connection.read_answer(request.method == "HEAD", answer_deadline());
  note_answer(request, answer);
  return answer;
}
// Keeps the connection for what follows, lets go of it late, or closes it.
void UserAgent::finish(Connection connection, const Answer& answer) {
  if (!connection.is_open()) return;
  if (plan_.late_fin > Micros(0)) held_until_ = std::chrono::steady_clock::now() + plan_.late_fin;
  if (answer.keep_alive && !plan_.half_close) {
    kept_ = std::move(connection);
  } else if (plan_.late_fin > Micros(0)) {
    held_.push_back(std::move(connection));
  }
}

void UserAgent::let_go() {
  if (held_until_ != Deadline{}) {
    const auto left = std::chrono::duration_cast<Micros>(held_until_ - std::chrono::steady_clock::now());
    browser::rest(left, until_, cancel_, options_.over == nullptr ? -1 : options_.over->descriptor());
  }
  held_.clear();
  held_until_ = {};
}

Request UserAgent::request_for(const Load& load) const {
  Request request;
  request.method = load.method;
  request.target = load.where.url.target;
  request.headers = {{"Host", load.where.url.authority()},
                     {"Connection", "keep-alive"},
                     {"User-Agent", std::string(kAgent)},
                     {"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"},
                     {"Accept-Encoding", "identity"},
                     {"Sec-Fetch-Site", load.from.empty()                      ? "none"
                                        : load.from == load.where.url.origin() ? "same-origin"
                                                                               : "cross-site"},
                     {"Sec-Fetch-Mode", "navigate"}};
  if (!load.from.empty()) {
    // strict-origin-when-cross-origin: never the page's query, nothing from https to http.
    if (load.where.url.tls || !load.from.starts_with("https:"))
      request.headers.push_back({"Referer", load.from + "/"});
    if (load.method == "POST") request.headers.push_back({"Origin", load.from});
  }
  if (const auto jar = cookies_.find(load.where.url.host); jar != cookies_.end() && !jar->second.empty()) {
    std::string line;
    for (const auto& [name, value] : jar->second) line += (line.empty() ? "" : "; ") + name + "=" + value;
    request.headers.push_back({"Cookie", line});
  }
  if (load.method == "POST") {
    request.headers.push_back({"Content-Type", load.content_type});
    request.headers.push_back({"Content-Length", std::to_string(load.body.size())});
  }
  request.body = load.body;
  return request;
}

// By host alone, as RFC 6265 has it: a cookie of one port is sent to all.
void UserAgent::keep_cookies(const Location& where, const Answer& answer) {
  for (const Header& header : answer.headers) {
    if (!iequals(header.name, "set-cookie")) continue;
    const auto pair = trim(std::string_view(header.value).substr(0, header.value.find(';')));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(pair.substr(0, equals));
    if (to_lower(header.value).find("max-age=0") != std::string::npos) {
      cookies_[where.url.host].erase(name);
    } else {
      cookies_[where.url.host][name] = pair.substr(equals + 1);
    }
  }
}

void UserAgent::note_request(const Request& request) {
  JournalEntry entry;
  entry.actor = "browser";
  entry.kind = JournalKind::action;
  entry.text = request.method + " " + std::string(target_path(request.target));
  entry.request = std::make_shared<const Request>(request);
  journal_.append(std::move(entry));
}

void UserAgent::note_answer(const Request& request, const Answer& answer) {
  JournalEntry entry;
  entry.actor = "browser";
  entry.kind = answer.error.empty()              ? JournalKind::response
               : answer.error == "ERR_TIMED_OUT" ? JournalKind::timeout
                                                 : JournalKind::peer_closed;
  entry.text = fmt::format("{} to {} {}", answer.error.empty() ? std::to_string(answer.status) : answer.error,
                           request.method, target_path(request.target));
  entry.status = answer.status;
  entry.bytes = answer.body.size();
  journal_.append(std::move(entry));
}

void UserAgent::rest(Micros delay) const {
  browser::rest(delay, until_, cancel_);
}

void UserAgent::note(JournalKind kind, std::string text) {
  journal_.note("browser", kind, std::move(text));
}

}  // namespace assay::browser

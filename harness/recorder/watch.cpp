#include "harness/recorder/watch.h"

#include <fmt/format.h>

#include <utility>

namespace assay {
namespace {

// A recorder must not refuse what it is to record: heads are bounded here, of bodies no more is kept than
// kMostOfABody.
constexpr http::ParseLimits kWatchLimits = {1U << 20U, std::size_t{1} << 60U};
constexpr std::size_t kMostOfABody = std::size_t{16} << 20U;
constexpr const char* kTooLarge = "a body is kept up to 16 MiB, and all that are under way up to 64 MiB";

Micros between(Watch::Instant from, Watch::Instant to) {
  return std::chrono::duration_cast<Micros>(to - from);
}

std::string field_lines(const Headers& headers) {
  std::string out;
  for (const Header& header : headers)
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  return out;
}

// The heads as a replay would write them.
std::string head_of(const Request& r) {
  return fmt::format("{} {} {}\r\n{}\r\n", r.method, r.target, r.version, field_lines(r.headers));
}
std::string head_of(const Response& r) {
  return fmt::format("{} {} {}\r\n{}\r\n", r.version, r.status, r.reason, field_lines(r.headers));
}

void note_chunks(const ChunkScan& chunks, std::string_view whose, std::vector<std::string>& lost) {
  if (chunks.has_extensions()) lost.push_back(fmt::format("the chunk extensions of the {}", whose));
  if (chunks.has_odd_sizes())
    lost.push_back(fmt::format("how the chunk sizes of the {} were spelled", whose));
}

}  // namespace

Watch::Watch(std::string authority, Shelf& shelf)
    : authority_(std::move(authority)), shelf_(shelf), request_parser_(kWatchLimits) {}

void Watch::Raw::took(std::string_view bytes) {
  if (!in_body) {
    head += bytes;
  } else if (chunks) {
    chunks->feed(bytes);
  }
}

void Watch::Raw::reset() {
  head.clear();
  in_body = false;
  chunks.reset();
}

void Watch::on_request(std::string_view bytes, Instant at) {
  if (requests_over_ || upgraded_) return;
  requests_.unread += bytes;
  std::string_view rest = requests_.unread;
  while (read_request(rest, at)) {
  }
  requests_.unread.erase(0, requests_.unread.size() - rest.size());
}

// False when there is nothing more to read for now.
bool Watch::read_request(std::string_view& rest, Instant at) {
  std::size_t used = 0;
  if (requests_.in_body) {
    Under& under = queue_.back();
    if (!under.request_too_large && !hold(under, request_parser_.request().body.size(), rest.size())) {
      under.request_too_large = true;
      under.recorded.lost.push_back(std::string("the rest of the request: ") + kTooLarge);
      request_parser_.discard_body();
    }
  }
  const http::Parse parse = request_parser_.feed(rest, used);
  requests_.took(rest.substr(0, used));
  rest.remove_prefix(used);
  switch (parse) {
    case http::Parse::need_more:
      return false;
    case http::Parse::head:
      begin_exchange(at);
      return true;
    case http::Parse::complete:
      end_request(at);
      return !rest.empty();
    case http::Parse::bad:
      break;
  }
  const std::string why = fmt::format("it is not valid HTTP/1.1 ({})", request_parser_.error());
  requests_over_ = true;
  unreadable_ = true;
  rest = {};
  if (requests_.in_body) {
    cut_request(why);
  } else {
    not_a_request(why);
  }
  return false;
}

// Whether `more` bytes of a body may be kept beside those it has.
bool Watch::hold(Under& under, std::size_t so_far, std::size_t more) {
  if (so_far + more > kMostOfABody || !shelf_.hold(more)) return false;
  under.held += more;
  return true;
}

void Watch::begin_exchange(Instant at) {
  requests_.in_body = true;
  Under& under = queue_.emplace_back();
  under.place = shelf_.reserve();
  under.recorded.authority = authority_;
  Request& request = under.recorded.exchange.request;
  request = request_parser_.request();
  under.request_done = at;
  if (requests_.head != head_of(request))
    under.recorded.lost.emplace_back("how the request's head was spelled (spaces, line folds)");
  if (find_header(request.headers, "Transfer-Encoding") != nullptr) requests_.chunks.emplace();
}

void Watch::end_request(Instant at) {
  Under& under = queue_.back();
  under.recorded.exchange.request = request_parser_.take_request();
  under.request_done = at;
  under.request_ended = true;
  if (requests_.chunks) {
    std::vector<std::string>& lost = under.recorded.lost;
    if (!requests_.chunks->trailers().empty()) lost.emplace_back("the trailers of the request");
    if (requests_.chunks->chunks() > 1) lost.emplace_back("the borders of the chunks of the request");
    note_chunks(*requests_.chunks, "request", lost);
  }
  request_parser_.reset();
  requests_.reset();
  if (under.response_ended) shelve_front();
}

// The request that is being read ends here.
void Watch::cut_request(const std::string& why) {
  Under& under = queue_.back();
  under.recorded.exchange.request = request_parser_.request();
  under.recorded.lost.push_back("the rest of the request: " + why);
  under.request_ended = true;
  requests_.reset();
  if (under.response_ended) shelve_front();
}

void Watch::on_request_end(const std::string& why) {
  if (std::exchange(requests_over_, true) || upgraded_) return;
  if (requests_.in_body) {
    cut_request(why + " before its end");
  } else if (!requests_.head.empty() || !requests_.unread.empty()) {
    not_a_request(why + " before its end");
  }
}

// Bytes where a request should begin, or its head should go on.
void Watch::not_a_request(const std::string& why) {
  const std::string what = "what the client sent after the request, which is no other one: " + why;
  if (!queue_.empty()) {
    queue_.back().recorded.lost.push_back(what);
  } else if (last_place_) {
    shelf_.add_lost(*last_place_, what);
  } else {
    shelf_.leave_out("what a client sent: " + why);
  }
}

void Watch::on_response(std::string_view bytes, Instant at) {
  if (responses_over_ || upgraded_) return;
  now_ = at;
  responses_.unread += bytes;
  std::string_view rest = responses_.unread;
  while (!rest.empty() && read_response(rest)) {
  }
  responses_.unread.erase(0, responses_.unread.size() - rest.size());
}

// False when there is nothing more to read for now.
bool Watch::read_response(std::string_view& rest) {
  if (queue_.empty() || queue_.front().response_ended) {
    not_awaited();
    rest = {};
    return false;
  }
  if (!response_parser_) new_response();
  std::size_t used = 0;
  http::Parse parse = response_parser_->feed(rest, used);
  responses_.took(rest.substr(0, used));
  rest.remove_prefix(used);
  const bool head = parse == http::Parse::head;
  if (head) {
    begin_response();
    if (upgraded_) {
      rest = {};
      end_response();
      return false;
    }
    // A message without a body is complete with its head, and may be the last of the bytes.
    parse = response_parser_->feed({}, used);
  }
  if (parse == http::Parse::bad) {
    cut_response(fmt::format("it is not valid HTTP/1.1 ({})", response_parser_->error()));
    responses_over_ = true;
    rest = {};
    return false;
  }
  if (parse == http::Parse::need_more) return head;
  if (std::exchange(interim_, false)) {
    response_parser_.reset();
    responses_.reset();
    return true;
  }
  end_response();
  return true;
}

void Watch::new_response() {
  response_bytes_ = 0;
  http::ResponseSink sink;
  sink.on_head = [this](int status, std::string_view reason, std::string_view version, Headers headers) {
    Under& under = queue_.front();
    interim_ = status >= 100 && status < 200 && status != 101;
    if (interim_) {
      under.recorded.lost.push_back(fmt::format("an interim response, {} {}", status, reason));
      return;
    }
    Response& response = under.recorded.exchange.response;
    response.status = status;
    response.reason = reason;
    response.version = version;
    response.headers = std::move(headers);
    response.head_delay = between(under.request_done, now_);
    under.head_at = now_;
    under.has_head = true;
  };
  sink.on_body = [this](std::string_view bytes, bool starts_chunk) {
    Under& under = queue_.front();
    auto& body = under.recorded.exchange.response.body;
    if (under.response_too_large) return;
    if (!hold(under, response_bytes_, bytes.size())) {
      under.response_too_large = true;
      under.recorded.lost.push_back(std::string("the rest of the response: ") + kTooLarge);
      return;
    }
    response_bytes_ += bytes.size();
    if (starts_chunk || body.empty()) body.push_back({{}, between(under.head_at, now_)});
    body.back().bytes += bytes;
  };
  response_parser_.emplace(kWatchLimits, queue_.front().recorded.exchange.request.method == "HEAD",
                           std::move(sink));
}

void Watch::begin_response() {
  responses_.in_body = true;
  if (interim_) return;
  Under& under = queue_.front();
  if (responses_.head != head_of(under.recorded.exchange.response))
    under.recorded.lost.emplace_back("how the response's head was spelled (spaces, line folds)");
  if (!under.request_ended)
    under.recorded.lost.emplace_back("that the response began before the request had ended");
  const Exchange& exchange = under.recorded.exchange;
  const int status = exchange.response.status;
  upgraded_ = status == 101 || (exchange.request.method == "CONNECT" && status / 100 == 2);
  if (upgraded_) under.recorded.lost.emplace_back("what followed the upgrade");
  if (response_parser_->framing() == BodyFraming::chunked) responses_.chunks.emplace();
}

void Watch::end_response() {
  Under& under = queue_.front();
  Response& response = under.recorded.exchange.response;
  response.framing = upgraded_ ? BodyFraming::none : response_parser_->framing();
  response.trailers = response_parser_->trailers();
  if (responses_.chunks && !upgraded_) {
    note_chunks(*responses_.chunks, "response", under.recorded.lost);
    if (responses_.chunks->trailers() != field_lines(response.trailers))
      under.recorded.lost.emplace_back("how the trailers of the response were spelled (spaces, line folds)");
  }
  under.response_ended = true;
  response_parser_.reset();
  responses_.reset();
  said_not_awaited_ = false;
  if (under.request_ended) shelve_front();
}

// The response that is being read, or awaited, ends here.
void Watch::cut_response(const std::string& why) {
  Under& under = queue_.front();
  if (!under.has_head) return;  // left out when everything ends
  under.recorded.lost.push_back("the rest of the response: " + why);
  end_response();
}

void Watch::on_response_end(const std::string& why) {
  if (std::exchange(responses_over_, true) || upgraded_) return;
  if (queue_.empty() || queue_.front().response_ended) return;
  if (response_parser_ && queue_.front().has_head && response_parser_->finish() == http::Parse::complete) {
    end_response();
  } else {
    cut_response(why);
  }
}

void Watch::not_awaited() {
  if (std::exchange(said_not_awaited_, true)) return;
  const std::string what = "what the upstream sent after the response";
  const bool asked = unreadable_ || !requests_.head.empty() || !requests_.unread.empty();
  if (queue_.empty() && asked) {
    shelf_.leave_out("what the upstream answered to what is no request");
  } else if (!queue_.empty()) {
    queue_.front().recorded.lost.push_back(what);
  } else if (last_place_) {
    shelf_.add_lost(*last_place_, what);
  } else {
    shelf_.leave_out("what the upstream sent without a request");
  }
}

void Watch::shelve_front() {
  last_place_ = queue_.front().place;
  shelf_.keep(*last_place_, std::move(queue_.front().recorded), queue_.front().held);
  queue_.pop_front();
}

void Watch::stop(const std::string& why) {
  while (!queue_.empty()) {
    Under& under = queue_.front();
    if (!under.request_ended) under.recorded.exchange.request = request_parser_.request();
    if (!under.has_head) {
      shelf_.leave_out("a request that got no response that can be read");
      shelf_.let_go(under.held);
      queue_.pop_front();
      continue;
    }
    if (!under.request_ended) under.recorded.lost.push_back("the rest of the request: " + why);
    under.request_ended = true;
    if (under.response_ended) {
      shelve_front();
    } else {
      cut_response(why);
    }
  }
}

}  // namespace assay

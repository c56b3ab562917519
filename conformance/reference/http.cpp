#include "conformance/reference/http.h"

#include <fmt/format.h>

#include "conformance/reference/errors.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "harness/http/client.h"

namespace assay::reference {

using nlohmann::json;

namespace {

Category category_of(http::End end) {
  using http::End;
  switch (end) {
    case End::refused:
    case End::unreachable:
    case End::tls_failure:
    case End::no_response:
    case End::truncated_head:
    case End::reset:
      return Category::network;
    case End::truncated_length:
    case End::truncated_chunked:
      return Category::truncated;
    case End::stalled:
    case End::deadline:
      return Category::timeout;
    case End::cancelled:
      return Category::cancelled;
    default:
      return Category::protocol;
  }
}

// The URL for people: without the query, where keys may hide (http-errors.key-in-url-error).
std::string shown(const http::Url& url) {
  return url.origin() + std::string(target_path(url.target));
}

}  // namespace

Outcome<HttpReply> transport(const HttpRequest& request, const BodySink& sink, const Cancel& cancel,
                             const Deadline& deadline) {
  const auto url = http::parse_url(request.url);
  if (!url) return failure(Category::invalid_request, sanitize(url.error().message));
  http::ClientOptions options;
  options.connect_deadline = request.connect_wait;
  options.head_deadline = request.head_wait;
  options.stall_deadline = request.idle_wait;
  options.total_deadline = std::max(deadline.left(), Millis(1));
  if (deadline.left() >= Millis(std::chrono::hours(24))) options.total_deadline = Micros(0);
  options.verify_tls = request.verify_tls;
  http::Client client(options);

  Request out;
  out.method = request.method;
  out.target = url->target;
  out.headers = request.headers;
  out.body = request.body;

  HttpReply reply;
  bool to_sink = false;
  bool enough = false;  // the sink or the limit ended it: that is no failure
  http::ResponseEvents events;
  events.on_head = [&](const http::ResponseHead& head) {
    reply.status = head.status;
    reply.reason = head.reason;
    reply.headers = head.headers;
    to_sink = sink.on_head && sink.on_head(reply);
    return true;
  };
  events.on_body = [&](const http::BodyPiece& piece) {
    if (to_sink) {
      enough = !sink.on_bytes(piece.bytes);
    } else {
      reply.body += piece.bytes.substr(0, request.body_limit - reply.body.size());
      enough = reply.body.size() >= request.body_limit;
    }
    return !enough;
  };
  const http::Outcome outcome = client.exchange(*url, out, events, &cancel.token());
  // An error's status is worth more than how its connection ended (connection-faults.half-close-request).
  const bool has_error = reply.status >= 400 && outcome.end != http::End::cancelled;
  if (outcome.ok() || (enough && !cancel.cancelled()) || has_error) return reply;
  Failure failed;
  failed.category = cancel.cancelled() ? Category::cancelled : category_of(outcome.end);
  failed.status = reply.status;
  failed.message = cancel.cancelled()
                       ? "cancelled"
                       : sanitize(fmt::format("{} {}: {}", request.method, shown(*url), outcome.message));
  return tl::unexpected(std::move(failed));
}

std::string origin_of(std::string_view url) {
  const auto parsed = http::parse_url(url);
  return parsed ? parsed->origin() : std::string();
}

Outcome<HttpReply> follow(const Call& call, HttpRequest request, const BodySink& sink) {
  for (int hops = 0; hops <= 5; ++hops) {
    auto reply = call.parts->transport(request, sink, call.cancel, call.deadline);
    if (!reply || reply->status < 300 || reply->status > 399) return reply;
    const std::string* location = find_header(reply->headers, "location");
    if (location == nullptr) return reply;
    const std::string here = origin_of(request.url);
    const std::string next =
        location->starts_with('/') && !location->starts_with("//") ? here + *location : *location;
    const bool keeps = reply->status == 307 || reply->status == 308 || request.method == "GET";
    if (origin_of(next) != here || next.find('@') != std::string::npos || !keeps) {
      Failure refused;
      refused.category = Category::protocol;
      refused.status = reply->status;
      refused.message = fmt::format("{} redirects to {}, which is not followed; check the base URL",
                                    std::string(target_path(request.url)), sanitize(target_path(next)));
      return tl::unexpected(std::move(refused));
    }
    request.url = next;
  }
  return failure(Category::protocol, "too many redirects from " + sanitize(target_path(request.url)));
}

Outcome<HttpReply> call_text(const Call& call, const ApiCall& api) {
  auto reply = follow(call, api.request, {});
  if (!reply) {
    if (reply.error().stage.empty()) reply.error().stage = api.stage;
    return reply;
  }
  if (reply->status >= 200 && reply->status <= 299) return reply;
  Failure failed = call.parts->error_text(*reply, api.secrets);
  failed.stage = api.stage;
  return tl::unexpected(std::move(failed));
}

Outcome<json> call_api(const Call& call, const ApiCall& api) {
  const auto reply = call_text(call, api);
  if (!reply) return tl::unexpected(reply.error());
  json body = parse_untrusted(reply->body);
  if (!body.is_discarded() && (body.is_object() || (api.any_json && body.is_array()))) return body;
  Failure failed = call.parts->error_text(*reply, api.secrets);
  failed.category = Category::protocol;
  failed.stage = api.stage;
  if (!looks_like_html(*reply))
    failed.message = fmt::format("{} {} is not JSON as an API would send it: {}", reply->status,
                                 target_path(api.request.url), sanitize(reply->body, api.secrets, 80));
  return tl::unexpected(std::move(failed));
}

}  // namespace assay::reference

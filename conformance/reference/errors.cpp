#include "conformance/reference/errors.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;

std::int64_t wall_now() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

bool looks_like_html(const HttpReply& reply) {
  const std::string_view body = trim(reply.body);
  const std::string start = to_lower(body.substr(0, 15));
  if (start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head") ||
      start.starts_with("<?xml"))
    return true;
  if (body.starts_with('{') || body.starts_with('[')) return false;
  const std::string* type = find_header(reply.headers, "content-type");
  return type != nullptr && to_lower(*type).starts_with("text/html") && !body.empty();
}

namespace {

std::string as_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return {};
}

std::string first_text(const json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const auto found = object.find(key); found != object.end())
      if (std::string text = as_text(*found); !text.empty()) return text;
  return {};
}

void look(const json& value, Said& said, int depth);

void look_in_object(const json& object, Said& said, int depth) {
  if (said.code.empty()) said.code = first_text(object, {"code"});
  if (said.type.empty()) said.type = first_text(object, {"type", "status"});
  if (const auto error = object.find("error"); error != object.end()) {
    if (error->is_string() && object.contains("error_description") && said.code.empty())
      said.code = error->get<std::string>();  // RFC 6749 section 5.2
    if (std::string description = first_text(object, {"error_description"}); !description.empty())
      said.message = description;
    look(*error, said, depth + 1);
    if (error->is_string() && said.code.empty()) said.code = error->get<std::string>();
  }
  for (const char* key : {"message", "detail", "msg", "errors", "title", "reason"})
    if (const auto found = object.find(key); said.message.empty() && found != object.end())
      look(*found, said, depth + 1);
}

void look(const json& value, Said& said, int depth) {
  if (depth > 6) return;
  if (value.is_array() && !value.empty()) return look(value.front(), said, depth + 1);
  if (value.is_object()) return look_in_object(value, said, depth);
  if (!value.is_string() || !said.message.empty()) return;
  const auto text = value.get<std::string>();
  if (const std::string_view inner = trim(text); inner.starts_with('{') || inner.starts_with('[')) {
    const json nested = parse_untrusted(inner);
    if (!nested.is_discarded()) look(nested, said, depth + 1);
  }
  if (said.message.empty()) said.message = text;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool from_gateway(const Headers& headers) {
  const std::string* server = find_header(headers, "server");
  return find_header(headers, "cf-mitigated") != nullptr || find_header(headers, "cf-ray") != nullptr ||
         (server != nullptr && contains(to_lower(*server), "cloudflare"));
}

Category category_of(int status, bool html, const Headers& headers, const Said& said) {
  const std::string words = to_lower(said.code + ' ' + said.type);
  const bool quota = contains(words, "quota") || contains(words, "billing") ||
                     contains(words, "insufficient_funds") || contains(words, "balance");
  switch (status) {
    case 401:
      return Category::authentication;
    case 402:
      return Category::quota_exhausted;
    case 403:
      return html ? Category::blocked : Category::authorization;
    case 404:
      return Category::not_found;
    case 408:
      return Category::timeout;
    case 429:
      return quota ? Category::quota_exhausted : Category::rate_limited;
    case 503:
      if (html && from_gateway(headers)) return Category::blocked;
      return contains(words, "overload") ? Category::overloaded : Category::server_error;
    case 529:
      return Category::overloaded;
    default:
      break;
  }
  if (contains(words, "overload")) return Category::overloaded;
  if (status >= 500) return Category::server_error;
  return status >= 400 ? Category::invalid_request : Category::protocol;
}

// google.rpc.RetryInfo among the details of an error: {"retryDelay": "8s"}.
std::optional<Millis> retry_info(const json& body) {
  if (!body.is_object() || !body.contains("error") || !body["error"].is_object()) return {};
  const json details = body["error"].value("details", json::array());
  for (const json& detail : details.is_array() ? details : json::array()) {
    const std::string delay = detail.is_object() ? as_text(detail.value("retryDelay", json())) : "";
    double seconds = 0;
    const auto [end, error] = std::from_chars(delay.data(), delay.data() + delay.size(), seconds);
    if (error == std::errc{} && std::string_view(end) == "s" && seconds >= 0 && seconds < 1e6)
      return Millis(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
  }
  return {};
}

std::string advice(Category category, int status) {
  switch (category) {
    case Category::authentication:
      return "authentication failed; log in again";
    case Category::authorization:
      return "not allowed for this account";
    case Category::quota_exhausted:
      return "quota or billing limit reached";
    case Category::rate_limited:
      return "rate limited";
    case Category::overloaded:
      return "the provider is overloaded";
    case Category::blocked:
      return "blocked by a gateway before the provider";
    default:
      return std::string(reason_phrase(status));
  }
}

}  // namespace

Said what_it_says(const json& body) {
  Said said;
  look(body, said, 0);
  return said;
}

Failure error_text(const HttpReply& reply, const std::vector<std::string>& secrets) {
  Failure failure;
  failure.status = reply.status;
  const bool html = looks_like_html(reply);
  Said said;
  if (!html) {
    const json body = parse_untrusted(reply.body);
    if (!body.is_discarded())
      said = what_it_says(body);
    else
      said.message = reply.body;
    // slow_down of RFC 8628 may carry the interval to keep from now on.
    if (body.is_object() && body.contains("interval") && body["interval"].is_number_unsigned())
      failure.retry_after = std::chrono::seconds(body["interval"].get<std::uint32_t>());
  }
  if (const auto wait = retry_info(html ? json() : parse_untrusted(reply.body))) failure.retry_after = wait;
  failure.category = category_of(reply.status, html, reply.headers, said);
  if (const auto wait = read_retry_after(reply.headers, wall_now())) failure.retry_after = wait;
  failure.code = sanitize(said.code.empty() ? said.type : said.code, secrets, 80);
  std::string text =
      said.code == "token_not_found_in_db" || said.type == "token_not_found_in_db"
          ? "the key is not known to this endpoint (token_not_found_in_db): it was minted elsewhere, or "
            "has not arrived yet"
          : sanitize(said.message, secrets);
  if (said.type == "token_not_found_in_db") failure.code = said.type;
  if (html) {
    const std::string* ray = find_header(reply.headers, "cf-ray");
    text = reply.status >= 400 ? "the answer was an HTML page from a gateway"
                               : "not an API response: the answer was an HTML page";
    if (ray != nullptr) text += " (Ray ID " + sanitize(*ray, secrets, 40) + ')';
  }
  const std::string what = advice(failure.category, reply.status);
  failure.message = text.empty() ? fmt::format("{} {}", reply.status, what)
                                 : fmt::format("{} {}: {}", reply.status, what, text);
  return failure;
}

Failure error_object(const json& object, int status, const std::vector<std::string>& secrets) {
  HttpReply reply;
  const Said said = what_it_says(object);
  int inner = 0;
  std::from_chars(said.code.data(), said.code.data() + said.code.size(), inner);
  reply.status = inner >= 400 && inner <= 599 ? inner : 0;
  if (reply.status == 0) {
    const std::string words = to_lower(said.code + ' ' + said.type);
    if (contains(words, "overload"))
      reply.status = 529;
    else if (contains(words, "rate_limit") || contains(words, "quota"))
      reply.status = 429;
    else if (contains(words, "auth"))
      reply.status = 401;
    else
      reply.status = 500;
  }
  reply.body = object.dump(-1, ' ', false, json::error_handler_t::replace);
  Failure failure = error_text(reply, secrets);
  failure.status = status;
  return failure;
}

std::optional<Millis> read_retry_after(const Headers& headers, std::int64_t now) {
  const auto number = [](std::string_view text) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0) || value > 1e9) return {};
    return value;
  };
  if (const std::string* ms = find_header(headers, "retry-after-ms"))
    if (const auto value = number(trim(*ms))) return Millis(static_cast<std::int64_t>(std::ceil(*value)));
  const std::string* after = find_header(headers, "retry-after");
  if (after == nullptr) return {};
  const std::string text(trim(*after));
  if (const auto value = number(text)) return Millis(static_cast<std::int64_t>(std::ceil(*value * 1000)));
  std::tm parsed{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parsed);
  if (end == nullptr || *end != '\0') return {};
  const std::int64_t wait = static_cast<std::int64_t>(::timegm(&parsed)) - now;
  return wait <= 0 ? Millis(0) : Millis(wait * 1000);
}

std::optional<Millis> retry_wait(const Failure& failure, const AttemptFacts& facts,
                                 const RetryLimits& limits) {
  // What was shown cannot be taken back: a second attempt would repeat it
  // (http-errors.midstream-retry-duplicates).
  if (facts.content_seen) return {};
  // A fresh key may not have reached every database yet: one attempt more.
  const bool not_arrived = failure.code == "token_not_found_in_db" && facts.fresh_key;
  if (facts.attempt >= limits.attempts + (not_arrived ? 1 : 0)) return {};
  switch (failure.category) {
    case Category::rate_limited:
    case Category::overloaded:
    case Category::server_error:
    case Category::network:
    case Category::truncated:
      break;
    case Category::authentication:
      if (not_arrived) break;
      return {};
    default:
      return {};
  }
  if (failure.status == 501 || failure.status == 505) return {};
  const int doublings = std::min(facts.attempt - 1, 10);
  Millis wait = limits.backoff * (1 << doublings);
  wait += wait * (std::chrono::steady_clock::now().time_since_epoch().count() / 1000 % 20) /
          100;  // up to a fifth more
  if (failure.retry_after) {
    if (*failure.retry_after > limits.retry_after_cap) return {};
    wait = failure.retry_after->count() == 0 ? std::min(wait, Millis(250)) : *failure.retry_after;
  }
  return wait;
}

json to_json(const Failure& failure) {
  json out = {{"category", adapter::to_string(failure.category)},
              {"type", adapter::to_string(failure.category)},
              {"message", failure.message}};
  if (failure.status != 0) out["status"] = failure.status;
  if (!failure.code.empty()) out["code"] = failure.code;
  if (failure.retry_after) out["retry_after_ms"] = failure.retry_after->count();
  if (!failure.stage.empty()) out["stage"] = failure.stage;
  return out;
}

}  // namespace assay::reference

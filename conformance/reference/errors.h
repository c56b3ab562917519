// Failures in words that may be shown: text first, JSON second, never markup, control characters or a secret.
// Pure functions.
#pragma once

#include "conformance/reference/parts.h"

namespace assay::reference {

// One line of at most `limit` bytes: valid UTF-8, no C0/C1 or bidirectional controls, no tags, runs of white
// space as one blank; every one of `secrets`, and whatever looks like a key, a JWT, a bearer or a hash of a
// key, is masked (http-errors.key-echo-in-error, ansi-in-error).
std::string sanitize(std::string_view text, const std::vector<std::string>& secrets = {},
                     std::size_t limit = 300);
// True for a body that is a page for people: by its first bytes, else by its content type.
bool looks_like_html(const HttpReply& reply);
// The best message and code in a JSON error body of any known shape (deviations of providers; bugs
// http-errors.error-array-shape, error-string-or-odd-shape, error-nested-json-string).
struct Said {
  std::string message;
  std::string code;
  std::string type;
};
Said what_it_says(const nlohmann::json& body);
// The default of Parts::error_text.
Failure error_text(const HttpReply& reply, const std::vector<std::string>& secrets);
// A provider's error object inside a stream or a 200.
Failure error_object(const nlohmann::json& object, int status, const std::vector<std::string>& secrets);
// Retry-After and retry-after-ms (RFC 9110 section 10.2.3): seconds, also with a fraction, or an IMF-fixdate
// against `now`, rounded up; the past is 0. Nullopt when absent or not understood.
std::optional<Millis> read_retry_after(const Headers& headers, std::int64_t now);
// The default of Parts::retry_after.
std::optional<Millis> retry_wait(const Failure& failure, const AttemptFacts& facts,
                                 const RetryLimits& limits);
// The failure as `result.error`.
nlohmann::json to_json(const Failure& failure);
// Seconds since 1970.
std::int64_t wall_now();

}  // namespace assay::reference

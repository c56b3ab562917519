// Refusals of the inference API: error bodies in each provider's shape, Retry-After in its three spellings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fakes/common/settings.h"
#include "harness/base/exchange.h"
#include "harness/base/time.h"
#include "harness/stream/encode/encode.h"

namespace assay::fakes {

// An error answer as a case orders it, or as a validator finds it.
struct Refusal {
  int status = 400;
  stream::StreamError error;
  std::optional<Micros> retry_after;
  std::string retry_after_form = "seconds";  // seconds, date, ms, both, none
  std::string html;                          // instead of the provider's shape
  bool quota = false;                        // what was paid for is used up: as each provider says it
};

// {status, message, kind, type, code, param, retry_after, retry_after_form, html}. What is left out is what
// the provider usually says at that status.
Refusal read_refusal(SettingsReader& in);

// Retry-After (whole seconds, or an IMF-fixdate, both rounded up) and retry-after-ms (milliseconds).
Headers retry_after_headers(std::string_view form, Micros wait, std::int64_t wall_seconds);

// The answer. Where `error.type` and `error.code` are empty, the usual words of the profile's shape for that
// status stand there: "authentication_error" for Anthropic, "UNAUTHENTICATED" for Gemini.
// `streamed`: the request wanted a stream, which changes the content type of some.
Response refusal_response(const Refusal& refusal, const stream::Profile& profile, std::int64_t wall_seconds,
                          bool streamed = false);

// LiteLLM's answer to a key that its database does not have, or (empty `secret`) to none. With `echo` the
// whole key is in it.
Response litellm_unauthorized(std::string_view secret, bool echo);

}  // namespace assay::fakes

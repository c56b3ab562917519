#include "fakes/inference-api/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fakes/common/answers.h"
#include "fakes/common/jwt.h"
#include "fakes/common/order.h"

namespace assay::fakes {
namespace {

using stream::ErrorShape;

struct Usual {
  int status;
  const char* message;
  const char* openai_type;
  const char* openai_code;
  const char* anthropic;
  const char* gemini;
};
constexpr Usual usual_words[] = {
    {400, "Invalid request", "invalid_request_error", "", "invalid_request_error", "INVALID_ARGUMENT"},
    {401, "Incorrect API key provided", "invalid_request_error", "invalid_api_key", "authentication_error",
     "UNAUTHENTICATED"},
    {402, "Insufficient balance", "insufficient_quota", "insufficient_quota", "billing_error",
     "FAILED_PRECONDITION"},
    {403, "You are not allowed to do this", "permission_error", "", "permission_error", "PERMISSION_DENIED"},
    {404, "The model does not exist", "invalid_request_error", "model_not_found", "not_found_error",
     "NOT_FOUND"},
    {413, "Request too large", "invalid_request_error", "request_too_large", "request_too_large",
     "INVALID_ARGUMENT"},
    {422, "Unprocessable request", "invalid_request_error", "", "invalid_request_error", "INVALID_ARGUMENT"},
    {429, "Rate limit reached", "rate_limit_error", "rate_limit_exceeded", "rate_limit_error",
     "RESOURCE_EXHAUSTED"},
    {503, "The service is overloaded", "server_error", "", "overloaded_error", "UNAVAILABLE"},
    {529, "Overloaded", "overloaded_error", "", "overloaded_error", "UNAVAILABLE"},
    {500, "The server had an error while processing your request", "server_error", "", "api_error",
     "INTERNAL"},
};

const Usual& usual(int status) {
  const auto* found = std::find_if(std::begin(usual_words), std::end(usual_words),
                                   [&](const Usual& u) { return u.status == status; });
  if (found != std::end(usual_words)) return *found;
  return status < 500 ? usual_words[0] : *std::prev(std::end(usual_words));
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

Refusal read_refusal(SettingsReader& in) {
  Refusal refusal;
  refusal.status = static_cast<int>(in.number("status", 400));
  if (refusal.status < 400 || refusal.status > 599)
    in.wrong("status", fmt::format("'status' must be 400 to 599, found {}", refusal.status));
  refusal.error.message = in.text("message", "");
  refusal.error.type = in.text("type", "");
  refusal.error.code = in.text("code", "");
  refusal.error.param = in.text("param", "");
  if (in.has("retry_after")) refusal.retry_after = in.duration("retry_after", Micros(0));
  (void)in.any("retry_after");
  refusal.retry_after_form =
      in.choice("retry_after_form", "seconds", {"seconds", "date", "ms", "both", "none"});
  refusal.html = in.text("html", "");
  refusal.quota = in.choice("kind", "usual", {"usual", "quota"}) == "quota";
  return refusal;
}

Headers retry_after_headers(std::string_view form, Micros wait, std::int64_t wall_seconds) {
  using std::chrono::ceil;
  const auto seconds = ceil<std::chrono::seconds>(wait).count();
  const auto milliseconds = ceil<std::chrono::milliseconds>(wait).count();
  Headers headers;
  if (form == "seconds" || form == "both") headers.push_back({"Retry-After", std::to_string(seconds)});
  if (form == "date") headers.push_back({"Retry-After", imf_fixdate(wall_seconds + seconds)});
  if (form == "ms" || form == "both") headers.push_back({"Retry-After-Ms", std::to_string(milliseconds)});
  return headers;
}

Response refusal_response(const Refusal& refusal, const stream::Profile& profile, std::int64_t wall_seconds,
                          bool streamed) {
  Response response;
  if (!refusal.html.empty()) {
    response = make_response(refusal.status, "text/html; charset=UTF-8", refusal.html);
  } else {
    auto error = refusal.error;
    if (refusal.quota && (profile.error == ErrorShape::openai || profile.error == ErrorShape::groq)) {
      error.type = "insufficient_quota";
      error.code = "insufficient_quota";
    }
    const auto& words = usual(refusal.status);
    if (error.message.empty()) error.message = words.message;
    if (error.type.empty()) {
      error.type = profile.error == ErrorShape::anthropic ? words.anthropic
                   : profile.error == ErrorShape::gemini  ? words.gemini
                                                          : words.openai_type;
    }
    const bool worded = profile.error == ErrorShape::openai || profile.error == ErrorShape::groq;
    if (error.code.empty() && worded) error.code = words.openai_code;
    const auto encoded = stream::encode_error(error, refusal.status, profile, streamed);
    response = make_response(refusal.status, encoded.content_type, encoded.body);
  }
  if (refusal.retry_after) {
    for (auto& header : retry_after_headers(refusal.retry_after_form, *refusal.retry_after, wall_seconds))
      response.headers.push_back(std::move(header));
  }
  return response;
}

Response litellm_unauthorized(std::string_view secret, bool echo) {
  if (secret.empty()) {
    return json_response(401, {{"error",
                                {{"message", "Authentication Error, No api key passed in."},
                                 {"type", "auth_error"},
                                 {"param", "None"},
                                 {"code", "401"}}}});
  }
  constexpr std::size_t shown = 4;
  const auto tail = secret.substr(secret.size() - std::min(shown, secret.size()));
  return json_response(
      401,
      {{"error",
        {{"message",
          fmt::format("Authentication Error, Invalid proxy server token passed. Received API Key = {}, Key "
                      "Hash (Token) ={}. Unable to find token in the database",
                      echo ? std::string(secret) : fmt::format("sk-...{}", tail), hex(sha256(secret)))},
         {"type", "token_not_found_in_db"},
         {"param", "key"},
         {"code", "401"}}}});
}

}  // namespace assay::fakes

#include "probe/ask/target.h"

#include "harness/base/text.h"

namespace assay::probe {

using stream::Protocol;

std::string Target::name() const {
  return url.origin() + url.target;
}

Result<Target> make_target(std::string_view text, Protocol protocol) {
  auto url = http::parse_url(text);
  if (!url) return tl::unexpected(url.error());
  if (url->target.find('?') != std::string::npos)
    return fail("the URL of an endpoint has no query; give the key with --key-env or --key-file");
  while (url->target.ends_with('/')) url->target.pop_back();
  Target target;
  target.url = std::move(*url);
  target.protocol = protocol;
  return target;
}

namespace {

// The base path with the version that the protocol's paths begin with.
std::string versioned(const std::string& base, std::string_view version) {
  const std::size_t slash = base.rfind('/');
  const std::string_view last = slash == std::string::npos ? base : std::string_view(base).substr(slash + 1);
  // "v1", "v1beta", "v4": a version that is there stays.
  const bool there = last.size() >= 2 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9';
  return there ? base : base + std::string(version);
}

std::string gemini_path(const std::string& base, Route route, bool stream, const std::string& name) {
  const std::string model = "/models/" + percent_encode(name);
  switch (route) {
    case Route::models:
      return base + "/models";
    case Route::model:
      return base + model;
    case Route::count_tokens:
      return base + model + ":countTokens";
    default:
      return base + model + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
  }
}

}  // namespace

std::string path_of(const Target& target, Route route, bool stream, std::string_view name) {
  const bool gemini = target.protocol == Protocol::gemini;
  std::string base = target.url.target;
  // OpenAI's SDKs take a base URL with its version; a bare origin is given the usual one.
  const bool openai =
      target.protocol == Protocol::openai_chat || target.protocol == Protocol::openai_responses;
  if (!openai || base.empty()) base = versioned(base, gemini ? "/v1beta" : "/v1");
  if (route == Route::unknown) return base + "/no-such-route";
  if (gemini) return gemini_path(base, route, stream, name.empty() ? target.model : std::string(name));
  const std::string chat = target.protocol == Protocol::openai_chat        ? "/chat/completions"
                           : target.protocol == Protocol::openai_responses ? "/responses"
                                                                           : "/messages";
  switch (route) {
    case Route::models:
      return base + "/models";
    case Route::model:
      return base + "/models/" + percent_encode(name.empty() ? target.model : name);
    case Route::count_tokens:
      return base + chat + "/count_tokens";
    case Route::stored:
      return base + chat + "/" + std::string(name);
    default:
      return base + chat;
  }
}

}  // namespace assay::probe

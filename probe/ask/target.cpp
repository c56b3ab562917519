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

// A base path without a version that the protocol's own paths bring themselves.
std::string without_end(std::string base, std::initializer_list<std::string_view> ends) {
  for (const std::string_view end : ends)
    if (base.ends_with(end)) return base.substr(0, base.size() - end.size());
  return base;
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
    case Route::unknown:
      return base + "/no-such-route";
    default:
      return base + model + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
  }
}

std::string interactions_path(const std::string& base, Route route, const std::string& name) {
  switch (route) {
    case Route::models:
      return base + "/models";
    case Route::model:
      return base + "/models/" + percent_encode(name);
    case Route::stored:
      return base + "/interactions/" + percent_encode(name);
    case Route::unknown:
      return base + "/no-such-route";
    default:
      return base + "/interactions";
  }
}

std::string ollama_path(const std::string& base, Route route) {
  switch (route) {
    case Route::models:
      return base + "/api/tags";
    case Route::model:
      return base + "/api/show";
    case Route::unknown:
      return base + "/api/no-such-route";
    default:
      return base + "/api/chat";
  }
}

std::string cohere_path(const std::string& base, Route route, const std::string& name) {
  switch (route) {
    case Route::models:
      return base + "/v1/models";
    case Route::model:
      return base + "/v1/models/" + percent_encode(name);
    case Route::unknown:
      return base + "/v2/no-such-route";
    default:
      return base + "/v2/chat";
  }
}

// The list of models is another service of AWS.
std::string bedrock_path(const std::string& base, Route route, bool stream, const std::string& name) {
  const std::string model = base + "/model/" + percent_encode(name);
  switch (route) {
    case Route::count_tokens:
      return model + "/count-tokens";
    case Route::unknown:
      return model + "/no-such-route";
    default:
      return model + (stream ? "/converse-stream" : "/converse");
  }
}

// The two of OpenAI, and Anthropic: below one base with its version.
std::string plain_path(const std::string& base, Protocol protocol, Route route, const std::string& name) {
  const std::string chat = protocol == Protocol::openai_chat        ? "/chat/completions"
                           : protocol == Protocol::openai_responses ? "/responses"
                                                                    : "/messages";
  switch (route) {
    case Route::models:
      return base + "/models";
    case Route::model:
      return base + "/models/" + percent_encode(name);
    case Route::count_tokens:
      return base + chat + "/count_tokens";
    case Route::stored:
      return base + chat + "/" + name;
    case Route::unknown:
      return base + "/no-such-route";
    default:
      return base + chat;
  }
}

}  // namespace

std::string path_of(const Target& target, Route route, bool stream, std::string_view name) {
  const std::string& base = target.url.target;
  const std::string model = name.empty() ? target.model : std::string(name);
  switch (target.protocol) {
    case Protocol::gemini:
      return gemini_path(versioned(base, "/v1beta"), route, stream, model);
    case Protocol::gemini_interactions:
      return interactions_path(versioned(base, "/v1beta"), route, model);
    case Protocol::ollama:
      return ollama_path(without_end(base, {"/api"}), route);
    case Protocol::cohere:
      return cohere_path(without_end(base, {"/v2", "/v1"}), route, model);
    case Protocol::bedrock:
      return bedrock_path(base, route, stream, model);
    case Protocol::anthropic:
      return plain_path(versioned(base, "/v1"), target.protocol, route, model);
    default:
      // OpenAI's SDKs take a base URL with its version; a bare origin is given the usual one.
      return plain_path(base.empty() ? "/v1" : base, target.protocol, route, model);
  }
}

}  // namespace assay::probe

#include "fakes/inference-api/routes.h"

#include <algorithm>
#include <array>

#include "fakes/common/answers.h"

namespace assay::fakes {
namespace {

using stream::Protocol;

struct Fixed {
  std::string_view suffix;  // after the base path
  std::string_view method;
  Route::Kind kind;
  Protocol protocol;
};
constexpr Fixed based_routes[] = {
    {"/chat/completions", "POST", Route::Kind::chat, Protocol::openai_chat},
    {"/responses", "POST", Route::Kind::chat, Protocol::openai_responses},
    {"/messages", "POST", Route::Kind::chat, Protocol::anthropic},
    {"/messages/count_tokens", "POST", Route::Kind::count_tokens, Protocol::anthropic},
    {"/models", "GET", Route::Kind::models, Protocol::openai_chat},
};
constexpr Fixed absolute_routes[] = {
    {"/v2/chat", "POST", Route::Kind::chat, Protocol::cohere},
    {"/api/chat", "POST", Route::Kind::chat, Protocol::ollama},
    {"/api/tags", "GET", Route::Kind::models, Protocol::ollama},
    {"/api/show", "POST", Route::Kind::model, Protocol::ollama},
    {"/v1beta/models", "GET", Route::Kind::models, Protocol::gemini},
    {"/v1beta/interactions", "POST", Route::Kind::chat, Protocol::gemini_interactions},
};

// What real clients were seen to ask for at start, with patterns of match_path. Told apart from unclaimed
// traffic so that this stays news.
struct Side {
  std::string_view method;
  std::string_view path;
};
constexpr Side side_requests[] = {
    {"HEAD", "/"},                              // claude
    {"GET", "/api/hello"},                      // claude
    {"GET", "/api/claude_code/settings"},       // claude
    {"GET", "/api/claude_code/policy_limits"},  // claude
    {"GET", "/api/claude_cli/bootstrap"},       // claude
    {"POST", "/api/event_logging/v2/batch"},    // claude
    {"POST", "/api/eval/*"},                    // claude
    {"GET", "/backend-api/codex/models"},       // codex
    {"POST", "/otlp/v1/metrics"},               // codex
    {"GET", "/repos/openai/plugins"},           // codex
    {"GET", "/openai/plugins.git/info/refs"},   // codex
    {"POST", "/log"},                           // gemini
    {"GET", "/kimi-code/latest"},               // kimi
    {"GET", "/kimi-code/latest.json"},          // kimi
    {"POST", "/v1/event"},                      // kimi
    {"GET", "/api.json"},                       // opencode
    {"GET", "/@opencode-ai%2fplugin"},          // opencode
    {"GET", "/copilot_internal/user"},          // copilot
    {"GET", "/copilot_internal/v2/token"},      // copilot
};

Route of(const Fixed& route, const Request& request) {
  Route found;
  found.kind = request.method == route.method || (route.method == "GET" && request.method == "HEAD")
                   ? route.kind
                   : Route::Kind::wrong_method;
  found.protocol = route.protocol;
  found.allow = route.method;
  return found;
}

// "gemini-x:streamGenerateContent" of a Gemini model path.
Route gemini_method(const Request& request, const std::string& name_and_method) {
  Route found;
  found.protocol = Protocol::gemini;
  found.allow = "POST";
  const auto colon = name_and_method.rfind(':');
  found.model = name_and_method.substr(0, colon);
  if (colon == std::string::npos) {
    found.allow = "GET";
    found.kind = request.method == "GET" ? Route::Kind::model : Route::Kind::wrong_method;
    return found;
  }
  const auto method = std::string_view(name_and_method).substr(colon + 1);
  if (method == "generateContent" || method == "streamGenerateContent") {
    found.kind = Route::Kind::chat;
    found.streams = method == "streamGenerateContent";
    found.json_array = found.streams && query_value(request.target, "alt") != "sse";
  } else if (method == "countTokens") {
    found.kind = Route::Kind::count_tokens;
  } else {
    return {};
  }
  if (request.method != "POST") found.kind = Route::Kind::wrong_method;
  return found;
}

// "/v1internal:streamGenerateContent" of Google Code Assist: Gemini's methods in an envelope. What its
// clients ask there beside their turns is the world's affair (rules, endpoints).
Route code_assist_method(const Request& request, std::string_view method) {
  auto found = gemini_method(request, ":" + std::string(method));
  found.envelope = true;
  if (found.kind == Route::Kind::none) found.kind = Route::Kind::side;
  return found;
}

bool asks_upgrade(const Request& request) {
  const auto* upgrade = find_header(request.headers, "Upgrade");
  return request.method == "GET" && upgrade != nullptr && iequals(*upgrade, "websocket");
}

// GET {base}/models is one route with three shapes: the headers tell who asks.
Protocol asker(const Request& request) {
  if (find_header(request.headers, "anthropic-version") != nullptr) return Protocol::anthropic;
  if (find_header(request.headers, "x-goog-api-key") != nullptr) return Protocol::gemini;
  return Protocol::openai_chat;
}

}  // namespace

Route find_route(const Request& request, const std::vector<std::string>& base_paths) {
  const auto path = target_path(request.target);
  for (const auto& route : absolute_routes)
    if (path == route.suffix) return of(route, request);
  for (const auto& base : base_paths) {
    if (!path.starts_with(base)) continue;
    auto rest = path.substr(base.size());
    // Azure: {base}/deployments/NAME/chat/completions, with the model named once more in the body.
    if ((rest.starts_with("/deployments/") || rest.starts_with("/openai/deployments/")) &&
        rest.ends_with("/chat/completions"))
      rest = "/chat/completions";
    for (const auto& route : based_routes) {
      if (rest != route.suffix) continue;
      auto found = of(route, request);
      if (route.protocol == Protocol::openai_responses && asks_upgrade(request))
        found.kind = Route::Kind::websocket;
      if (route.kind == Route::Kind::models) found.protocol = asker(request);
      return found;
    }
    if (const auto one = match_path(base + "/models/*", request.target)) {
      if (one->front().find(':') != std::string::npos) return gemini_method(request, one->front());
      Route found = of({"", "GET", Route::Kind::model, asker(request)}, request);
      found.model = one->front();
      return found;
    }
  }
  constexpr std::string_view code_assist = "/v1internal:";
  if (path.starts_with(code_assist)) return code_assist_method(request, path.substr(code_assist.size()));
  if (const auto one = match_path("/v1beta/models/*", request.target))
    return gemini_method(request, one->front());
  for (const auto& [pattern, streams] : std::array<std::pair<std::string_view, bool>, 2>{
           {{"/model/*/converse", false}, {"/model/*/converse-stream", true}}}) {
    if (const auto one = match_path(pattern, request.target)) {
      Route found = of({"", "POST", Route::Kind::chat, Protocol::bedrock}, request);
      found.model = one->front();
      found.streams = streams;
      return found;
    }
  }
  const auto is_side = [&](const Side& side) {
    return request.method == side.method &&
           (path == side.path || match_path(side.path, request.target).has_value());
  };
  if (std::any_of(std::begin(side_requests), std::end(side_requests), is_side)) {
    Route found;
    found.kind = Route::Kind::side;
    return found;
  }
  return {};
}

}  // namespace assay::fakes

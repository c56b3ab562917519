// Which protocol a request to the inference API speaks, and what it asks for. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/stream/turn.h"

namespace assay::fakes {

struct Route {
  enum class Kind {
    none,          // no route of ours
    wrong_method,  // ours, but not with this method; `allow` says which
    chat,          // a model answer
    models,        // the list of models
    model,         // one model, named in `model`
    count_tokens,
    websocket,  // an upgrade of the Responses route
    side        // what real clients ask beside their turns: settings, telemetry, plugins
  };
  Kind kind = Kind::none;
  stream::Protocol protocol = stream::Protocol::openai_chat;
  std::string model;        // where the path names it (Gemini, Bedrock, one model)
  bool streams = false;     // the path alone says that the answer streams (Gemini, Bedrock)
  bool json_array = false;  // Gemini without alt=sse
  bool envelope = false;    // Google Code Assist: {"model", "request": {...}} → {"response": {...}}
  std::string allow;
};

// `base_paths` are what OpenAI-shaped routes may stand under: "/v1" gives /v1/chat/completions, /v1/models,
// ...
Route find_route(const Request& request, const std::vector<std::string>& base_paths);

}  // namespace assay::fakes

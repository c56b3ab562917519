#include "fakes/inference-api/inference_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "fakes/common/answers.h"
#include "fakes/common/configured_fake.h"
#include "fakes/common/order.h"
#include "fakes/inference-api/conversation.h"
#include "fakes/inference-api/routes.h"
#include "fakes/inference-api/settings.h"
#include "fakes/inference-api/wire_rules.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using stream::Protocol;

// The credential of a request; none when it has none at all. An empty one is one.
std::optional<std::string> credential_of(const Request& request, const AuthSettings& auth,
                                         Protocol protocol) {
  const auto header = [&](const char* name) -> std::optional<std::string> {
    const auto* value = find_header(request.headers, name);
    return value == nullptr ? std::nullopt : std::optional(*value);
  };
  if (!auth.header.empty()) return header(auth.header.c_str());
  if (!auth.token_prefix.empty()) {
    auto token = authorization(request, "Bearer");
    if (token) token = token->starts_with(auth.token_prefix) ? token->substr(auth.token_prefix.size()) : "";
    return token;
  }
  if (auth.scheme == "x-api-key") return header("x-api-key");
  if (auth.scheme == "x-goog-api-key") return header("x-goog-api-key");
  auto bearer = authorization(request, "Bearer");
  if (auth.scheme == "bearer") return bearer;
  if (protocol == Protocol::anthropic && !bearer) return header("x-api-key");
  if (protocol == Protocol::gemini || protocol == Protocol::gemini_interactions) {
    // A bearer is a token of OAuth there; an API key is none, whoever sends it so.
    const bool a_key = bearer && std::find(auth.keys.begin(), auth.keys.end(), *bearer) != auth.keys.end();
    if (bearer && !a_key) return bearer;
    if (auto key = header("x-goog-api-key")) return key;
    if (auto key = query_value(request.target, "key")) return key;
    return bearer ? std::optional<std::string>("an API key as bearer") : std::nullopt;
  }
  if (protocol == Protocol::bedrock && !bearer)
    return header("Authorization");       // a signature, which is not checked
  if (!bearer) return header("api-key");  // Azure
  return bearer;
}

// "kimi-*" or a whole name.
bool fits(std::string_view pattern, std::string_view model) {
  return pattern.ends_with('*') ? model.starts_with(pattern.substr(0, pattern.size() - 1)) : pattern == model;
}

bool is_nothing(std::string_view credential) {
  return credential.empty() || credential == "None" || credential == "null" || credential == "undefined";
}

// The smallest value that a JSON schema allows, for requests that want JSON: real clients route and title
// with it.
json smallest(const json& schema) {
  if (!schema.is_object()) return json::object();
  if (schema.contains("const")) return schema["const"];
  if (schema.contains("enum") && schema["enum"].is_array() && !schema["enum"].empty())
    return schema["enum"][0];
  if (schema.contains("anyOf") && schema["anyOf"].is_array() && !schema["anyOf"].empty())
    return smallest(schema["anyOf"][0]);
  const auto type =
      schema.contains("type") && schema["type"].is_string() ? schema["type"].get<std::string>() : "object";
  if (iequals(type, "string")) return "pong";
  if (iequals(type, "boolean")) return false;
  if (iequals(type, "number") || iequals(type, "integer")) return schema.value("minimum", json(1));
  if (iequals(type, "array")) return json::array();
  if (iequals(type, "null")) return nullptr;
  json object = json::object();
  if (schema.contains("properties") && schema["properties"].is_object())
    for (const auto& [name, property] : schema["properties"].items()) object[name] = smallest(property);
  return object;
}

// The schema of the JSON that a request wants; null when it wants text.
const json* wanted_schema(const json& body) {
  for (const char* pointer : {"/generationConfig/responseJsonSchema", "/generationConfig/responseSchema",
                              "/response_format/json_schema/schema", "/response_format/schema",
                              "/text/format/schema", "/output_config/format/schema", "/format"}) {
    const json::json_pointer at(pointer);
    if (body.contains(at) && body.at(at).is_object()) return &body.at(at);
  }
  return nullptr;
}

// A Gemini answer as Google Code Assist has it: every object in {"response": ...}.
std::string in_envelope(const std::string& bytes) {
  constexpr std::string_view data = "data: ";
  const auto begin = bytes.starts_with(data) ? data.size() : 0;
  const auto end = bytes.find_last_of('}');
  if (end == std::string::npos) return bytes;
  return bytes.substr(0, begin) + "{\"response\":" + bytes.substr(begin, end + 1 - begin) + "}" +
         bytes.substr(end + 1);
}

class InferenceApi final : public ConfiguredFake<InferenceSettings> {
 public:
  InferenceApi(FakeConfig config, InferenceSettings settings, std::shared_ptr<WorldState> state)
      : ConfiguredFake(std::move(config), std::move(settings), std::move(state)) {}

  json get(std::string_view key) const override {
    if (key == "secrets") return issued_secrets(*state_);
    if (key == "requests") return requests_;
    if (key == "live_key") {
      for (auto it = state_->keys.rbegin(); it != state_->keys.rend(); ++it)
        if (!it->revoked && it->database == settings_.database) return it->secret;
      return nullptr;
    }
    if (key == "turns") {
      json all = json::array();
      for (const auto& turn : served_) all.push_back(stream::to_json(turn));
      return all;
    }
    return part_of_turn(key);
  }

  bool claims(const Request& request) const override {
    using Kind = Route::Kind;
    const auto kind = settings_.shared ? find_route(request, settings_.base_paths).kind : Kind::none;
    return kind == Kind::chat || kind == Kind::models || kind == Kind::model || kind == Kind::count_tokens;
  }

 protected:
  Actions answer(const Call& call) override {
    const auto& request = *call.request;
    const auto route = find_route(request, settings_.base_paths);
    switch (route.kind) {
      case Route::Kind::none:
        return {Unclaimed{}};
      case Route::Kind::wrong_method:
        return respond(method_not_allowed(route.allow));
      case Route::Kind::side: {
        auto actions =
            respond(json_response(404, {{"error", {{"message", "not here"}, {"type", "not_found"}}}}));
        actions.emplace_back(Note{"side request", nullptr});
        return actions;
      }
      case Route::Kind::websocket:
        return respond(with_header(
            refuse(route, {426, {"WebSocket is not supported here", "", "", "", 0, {}}, {}, "", ""}),
            "Upgrade", "HTTP/1.1"));
      case Route::Kind::models:
      case Route::Kind::model:
        return respond(models(request, route));
      case Route::Kind::count_tokens:
      case Route::Kind::chat:
        break;
    }
    if (auto refused = unauthorized(request, route, true)) return respond(std::move(*refused));
    if (auto refused = limited(request, route)) return respond(std::move(*refused));
    return chat(call, route);
  }

  void read_order(SettingsReader& in) const override { (void)read_plan(in, *state_->library, {}); }

 private:
  // "turn.1.reasoning": what the first answer said; text, reasoning or refusal.
  json part_of_turn(std::string_view key) const {
    const auto parts = split(key, '.');
    if (parts.size() != 3 || parts[0] != "turn") return nullptr;
    for (std::size_t i = 0; i < served_.size(); ++i) {
      if (std::to_string(i + 1) != parts[1]) continue;
      if (parts[2] == "text") return stream::text_of(served_[i]);
      if (parts[2] == "reasoning") return stream::reasoning_of(served_[i]);
      if (parts[2] == "refusal") return stream::refusal_of(served_[i]);
    }
    return nullptr;
  }

  stream::Profile profile(const Route& route) const {
    if (route.protocol == Protocol::openai_chat) return settings_.chat_profile;
    if (route.protocol == Protocol::openai_responses && settings_.responses_profile)
      return *settings_.responses_profile;
    if (route.json_array) return stream::profile_from_name("gemini-array").value();
    return stream::default_profile(route.protocol);
  }

  Response refuse(const Route& route, const Refusal& refusal) const {
    return refusal_response(refusal, profile(route), wall(), route.streams);
  }

  // The refusal of a request whose credential does not serve. An empty credential never does.
  std::optional<Response> unauthorized(const Request& request, const Route& route, bool needed) {
    const auto& auth = settings_.auth;
    if (auth.scheme == "none") return std::nullopt;
    const auto secret = credential_of(request, auth, route.protocol);
    // Ollama on one's own machine takes no key; the one that wants a key is told so by its scheme.
    const bool open = route.protocol == Protocol::ollama && auth.scheme == "auto";
    if (!secret && (!needed || open)) return std::nullopt;
    if (secret && !is_nothing(*secret)) {
      if (!needed || known(*secret)) return std::nullopt;
      const auto found = check_credential(*state_, *secret, settings_.database, config_.clock->now(), wall());
      if (found == Credential::ok) return std::nullopt;
      if (found == Credential::expired) {
        return refuse(route,
                      {401, {"The access token has expired", "", "token_expired", "", 0, {}}, {}, "", ""});
      }
      if (auth.errors == "litellm" && route.protocol == Protocol::openai_chat)
        return litellm_unauthorized(*secret, auth.echo_key);
      Refusal refusal{401, {}, {}, "", ""};
      constexpr std::size_t shown = 4;
      refusal.error.message =
          "Incorrect API key provided: " +
          (auth.echo_key ? *secret
                         : "sk-..." + secret->substr(secret->size() - std::min(shown, secret->size())));
      return refuse(route, refusal);
    }
    if (auth.errors == "litellm" && route.protocol == Protocol::openai_chat)
      return litellm_unauthorized("", false);
    return refuse(route, {401, {"No API key provided", "", "", "", 0, {}}, {}, "", ""});
  }

  bool known(const std::string& secret) const {
    const auto& keys = settings_.auth.keys;
    if (std::find(keys.begin(), keys.end(), secret) != keys.end()) return true;
    return keys.empty() && !state_->issues_credentials;
  }

  std::optional<Response> limited(const Request& request, const Route& route) {
    const auto& limit = settings_.rate_limit;
    if (limit.requests == 0) return std::nullopt;
    auto& seen = seen_[credential_of(request, settings_.auth, route.protocol).value_or("")];
    const auto now = config_.clock->now();
    while (!seen.empty() && seen.front() + limit.per <= now) seen.pop_front();
    if (seen.size() < limit.requests) {
      seen.push_back(now);
      return std::nullopt;
    }
    auto response = refuse(route, {429, {}, seen.front() + limit.per - now, limit.form, ""});
    response.headers.push_back({"x-ratelimit-limit-requests", std::to_string(limit.requests)});
    response.headers.push_back({"x-ratelimit-remaining-requests", "0"});
    return response;
  }

  Response models(const Request& request, const Route& route) {
    if (auto refused = unauthorized(request, route, settings_.auth.models == "key"))
      return std::move(*refused);
    const auto secret = credential_of(request, settings_.auth, route.protocol);
    const auto& all = secret && settings_.models_for_key ? *settings_.models_for_key : settings_.models;
    if (route.kind == Route::Kind::models)
      return json_response(200, model_list(all, list_shape(route), settings_.paging, request.target));
    auto wanted = route.model;
    if (route.protocol == Protocol::ollama) {
      const auto body = json_body(request);
      wanted = body.is_object() ? model_id(body) : "";
    }
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& m) { return model_id(m) == wanted; });
    if (found == all.end()) return unknown_model(route, wanted);
    return json_response(200, model_details(*found, list_shape(route)));
  }

  ListShape list_shape(const Route& route) const {
    if (const auto named = list_shape_named(settings_.list)) return *named;
    if (route.protocol == Protocol::anthropic) return ListShape::anthropic;
    if (route.protocol == Protocol::gemini) return ListShape::gemini;
    if (route.protocol == Protocol::ollama) return ListShape::ollama;
    return settings_.chat_profile.name == "mistral" ? ListShape::mistral : ListShape::openai;
  }

  Response unknown_model(const Route& route, const std::string& model) const {
    Refusal refusal;
    const auto name = profile(route).name;
    refusal.status = name == "mistral" || name == "bedrock" ? 400 : 404;
    refusal.error.message =
        route.protocol == Protocol::gemini
            ? fmt::format("models/{} is not found for API version v1beta", model)
            : fmt::format("The model `{}` does not exist or you do not have access to it.", model);
    return refuse(route, refusal);
  }

  // Everything that a provider checks in the body before the model speaks.
  std::optional<Response> objection(const Request& request, const json& body, const Route& route,
                                    const std::string& model) const {
    const auto bad = [&](std::string message, std::string param) {
      return refuse(route, {400, {std::move(message), "", "", std::move(param), 0, {}}, {}, "", ""});
    };
    if (model.empty()) return bad("you must provide a model parameter", "model");
    const bool input =
        route.protocol == Protocol::openai_responses || route.protocol == Protocol::gemini_interactions;
    const char* messages = input ? "input" : route.protocol == Protocol::gemini ? "contents" : "messages";
    if (!body.contains(messages))
      return bad(fmt::format("Missing required parameter: '{}'.", messages), messages);
    const auto exists = std::any_of(settings_.models.begin(), settings_.models.end(),
                                    [&](const auto& m) { return model_id(m) == model; });
    if (settings_.reject_unknown_model && !exists) return unknown_model(route, model);
    if (settings_.strict && route.kind == Route::Kind::chat) {
      try {
        if (auto refusal = wire_objection(body, request, route.protocol)) return refuse(route, *refusal);
      } catch (const json::exception&) {
        return bad("Invalid type in the request", "");
      }
    }
    const bool tools = body.contains("tools") && !body["tools"].empty();
    for (const auto& rule : settings_.model_rules) {
      if (!fits(rule.models, model)) continue;
      for (const auto& pointer : rule.reject)
        if (auto refusal = reject_field(body, pointer, model)) return refuse(route, *refusal);
      for (const auto& pointer : rule.reject_with_tools)
        if (auto refusal = tools ? reject_field(body, pointer, model) : std::nullopt) {
          refusal->error.message =
              fmt::format("'{}' is not supported with tools for model '{}'.", pointer.substr(1), model);
          return refuse(route, *refusal);
        }
    }
    for (const auto& pointer : settings_.reject)
      if (auto refusal = reject_field(body, pointer, model)) return refuse(route, *refusal);
    for (const auto* validator : settings_.validators) {
      try {
        if (auto refusal = validator->judge(body, route.protocol)) return refuse(route, *refusal);
      } catch (const json::exception&) {
        return bad(fmt::format("Invalid type in the request ({})", validator->name), "");
      }
    }
    return std::nullopt;
  }

  Actions chat(const Call& call, const Route& route) {
    auto body = json_body(*call.request);
    const bool enveloped = body.is_object() && body.contains("request") && body["request"].is_object();
    if (!body.is_object() || (route.envelope && !enveloped))
      return respond(refuse(
          route,
          {400, {"We could not parse the JSON body of your request.", "", "", "", 0, {}}, {}, "", ""}));
    const auto named = body.value("model", json());
    if (route.envelope) {
      body = json(body["request"]);
      body.erase("session_id");  // of Code Assist alone
    }
    const auto model = !route.model.empty() ? route.model : named.is_string() ? named.get<std::string>() : "";
    if (auto refused = objection(*call.request, body, route, model)) return respond(std::move(*refused));
    if (route.kind == Route::Kind::count_tokens) {
      constexpr std::size_t bytes_per_token = 4;
      const auto count = std::max<std::size_t>(1, call.request->body.size() / bytes_per_token);
      return respond(
          json_response(200, {{route.protocol == Protocol::gemini ? "totalTokens" : "input_tokens", count}}));
    }

    Plan plan = settings_.plan;
    bool ordered = false;
    if (call.rule != nullptr) {
      SettingsReader in(*call.rule);
      plan = read_plan(in, *state_->library, std::move(plan));
      ordered = in.has("turn") || in.has("turns");
    }
    ++requests_;
    Actions notes;
    auto response = planned(plan, ordered, body, route, model, notes);
    for (const auto& header : plan.headers) {
      using std::chrono::ceil, std::chrono::seconds;
      // Rounded up: a client that waits until the date has waited long enough.
      set_header(
          response.headers, header.name,
          header.date_in ? imf_fixdate(wall() + ceil<seconds>(*header.date_in).count()) : header.value);
    }
    auto actions = respond(std::move(response), plan.recorded ? std::optional(plan.speed) : std::nullopt);
    actions.insert(actions.end(), notes.begin(), notes.end());
    return actions;
  }

  Response planned(const Plan& plan, bool ordered, const json& body, const Route& route,
                   const std::string& model, Actions& notes) {
    if (plan.error) return refuse(route, *plan.error);
    if (plan.recorded) return *plan.recorded;
    stream::Turn turn;
    if (const auto* schema = wanted_schema(body); schema != nullptr && !ordered) {
      turn = stream::turn_from_json({{"text", smallest(*schema).dump()}}).value();
    } else if (ordered) {
      turn = plan.turns.front();
    } else {
      turn = plan.turns[std::min(next_turn_, plan.turns.size() - 1)];
      ++next_turn_;
    }
    complete(turn, route, model);
    if (settings_.strict) {
      for (std::string& name : take_unoffered_calls(turn, body, route.protocol))
        notes.emplace_back(Note{"tool not offered", {{"name", std::move(name)}}});
    }
    served_.push_back(turn);
    if (usage_withheld(body, route)) notes.emplace_back(Note{"usage not asked for", nullptr});
    return encoded(turn, plan, body, route);
  }

  // OpenAI counts tokens in a stream only when asked to.
  bool usage_withheld(const json& body, const Route& route) const {
    const json::json_pointer asked("/stream_options/include_usage");
    return route.protocol == Protocol::openai_chat && streams(body, route) &&
           profile(route).usage == stream::UsageAt::own_event &&
           !(body.contains(asked) && body.at(asked) == json(true));
  }
  static bool streams(const json& body, const Route& route) {
    return route.streams || body.value("stream", json(route.protocol == Protocol::ollama)) == json(true);
  }

  // Reasoning carries the proof that its provider wants back: an item's id and encrypted content, a
  // signature.
  void give_proofs(stream::Turn& turn, const Route& route) {
    using Kind = stream::Block::Kind;
    const bool signs = route.protocol == Protocol::anthropic || route.protocol == Protocol::bedrock ||
                       route.protocol == Protocol::openai_responses ||
                       route.protocol == Protocol::gemini_interactions;
    bool reasoned = false;
    for (auto& block : turn.blocks) {
      if (block.kind == Kind::reasoning) {
        if (route.protocol == Protocol::openai_responses && block.id.empty())
          block.id = "rs_" + config_.random.alphanumeric(24);
        if (signs && block.signature.empty()) block.signature = config_.random.alphanumeric(32);
        reasoned = true;
      }
      // Gemini signs the first call that its thoughts led to.
      if (block.kind != Kind::tool_call || !reasoned || route.protocol != Protocol::gemini) continue;
      if (block.signature.empty()) block.signature = config_.random.alphanumeric(32);
      reasoned = false;
    }
  }

  // What a turn needs to go over the wire and the case did not care to say.
  void complete(stream::Turn& turn, const Route& route, const std::string& model) {
    if (turn.model.empty()) turn.model = model;
    if (turn.id.empty()) {
      const char* prefix = route.protocol == Protocol::openai_responses      ? "resp_"
                           : route.protocol == Protocol::anthropic           ? "msg_"
                           : route.protocol == Protocol::openai_chat         ? "chatcmpl-"
                           : route.protocol == Protocol::gemini_interactions ? "v1_"
                                                                             : "";
      turn.id = prefix + config_.random.alphanumeric(24);
    }
    for (auto& block : turn.blocks) {
      if (block.kind != stream::Block::Kind::tool_call || !block.id.empty() ||
          route.protocol == Protocol::gemini)
        continue;
      block.id =
          (route.protocol == Protocol::anthropic ? "toolu_" : "call_") + config_.random.alphanumeric(16);
    }
    give_proofs(turn, route);
    if (!turn.usage) {
      constexpr std::int64_t asked = 11;
      const auto said = static_cast<std::int64_t>(stream::text_of(turn).size() / 4 + 1);
      turn.usage = stream::Usage{asked, said, asked + said, {}, {}, {}, {}};
    }
  }

  Response encoded(const stream::Turn& turn, const Plan& plan, const json& body, const Route& route) const {
    auto habits = profile(route);
    Response response;
    if (!streams(body, route)) {
      const auto encoded = stream::encode_body(turn, route.protocol, habits);
      response =
          make_response(200, encoded.content_type, route.envelope ? in_envelope(encoded.body) : encoded.body);
    } else {
      if (usage_withheld(body, route)) habits.usage = stream::UsageAt::never;
      const auto encoded = stream::encode_stream(turn, route.protocol, habits, {plan.piece});
      response = make_response(200, encoded.content_type, "");
      set_header(response.headers, "Cache-Control", "no-cache");
      response.framing = plan.framing;
      response.body.clear();
      for (std::size_t i = 0; i < encoded.events.size(); ++i) {
        if (i % plan.events_per_chunk == 0)
          response.body.push_back({"", plan.pace * static_cast<std::int64_t>(response.body.size())});
        response.body.back().bytes += route.envelope ? in_envelope(encoded.events[i]) : encoded.events[i];
      }
    }
    response.headers.push_back({route.protocol == Protocol::anthropic ? "request-id" : "x-request-id",
                                fmt::format("req_{:06}", requests_)});
    return response;
  }

  std::map<std::string, std::deque<Micros>> seen_;
  std::size_t next_turn_ = 0;
  std::uint64_t requests_ = 0;
  std::vector<stream::Turn> served_;
};

}  // namespace

Result<std::unique_ptr<Fake>> make_inference_api(FakeConfig config, std::shared_ptr<WorldState> state) {
  return make_configured<InferenceApi, InferenceSettings>(std::move(config), std::move(state));
}

}  // namespace assay::fakes

#include "conformance/reference/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "conformance/reference/chat.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"

namespace assay::reference {

using nlohmann::json;

namespace {

constexpr std::string_view operations[] = {
    adapter::op::login, adapter::op::refresh,      adapter::op::status, adapter::op::models,
    adapter::op::chat,  adapter::op::tool_results, adapter::op::resume, adapter::op::logout};

// Of a request that is wrong in itself: answered with `errored`.
struct BadRequest {
  std::string message;
};

template <typename T>
T field(const json& object, const char* key, T otherwise) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return otherwise;
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    throw BadRequest{fmt::format("\"{}\" has the wrong type", key)};
  }
}

Context read_context(const json& fields, const json& place) {
  Context context;
  const auto descriptor = place.find("provider");
  if (descriptor == place.end()) throw BadRequest{"\"provider\" is missing"};
  Document document;
  document.value = *descriptor;
  document.file = "provider";
  const auto provider = read_provider(document);
  if (!provider) throw BadRequest{provider.error().text()};
  context.provider = *provider;
  context.urls = field(place, "urls", std::map<std::string, std::string>());
  const char* home = std::getenv("HOME");
  context.home = field<std::string>(fields, "home", home == nullptr ? "" : home);
  if (!context.home.starts_with('/')) throw BadRequest{"\"home\" is not an absolute path"};
  context.credential = field(fields, "credential", json());
  return context;
}

Millis positive_ms(const json& fields, const char* key, Millis otherwise) {
  const auto value = field<std::int64_t>(fields, key, otherwise.count());
  if (value <= 0) throw BadRequest{fmt::format("\"{}\" must be above 0", key)};
  return Millis(value);
}

Outcome<json> run_login(const Call& call, const Operation& request, Millis deadline) {
  LoginOptions options;
  options.flow = field<std::string>(request.fields, "flow", "");
  options.key = field<std::string>(request.fields, "key", "");
  options.callback_wait =
      positive_ms(request.fields, "callback_wait_ms", std::min(deadline, adapter::default_login_deadline));
  options.read_wait = positive_ms(request.fields, "read_wait_ms", Millis(5000));
  options.manual = field(request.fields, "manual", true);
  options.poll_scale = field(request.fields, "poll_scale", 1.0);
  return login(call, options, *request.answers);
}

Outcome<json> run_refresh(const Call& call) {
  const auto before = current_credential(call);
  if (!before) return tl::unexpected(before.error());
  const auto after = call.parts->refresh(call, secret_of(*before));
  if (!after) return tl::unexpected(after.error());
  json result = {{"refreshed", secret_of(*after) != secret_of(*before)}, {"credential_state", "present"}};
  if (after->contains("expires_at")) result["expires_at"] = after->at("expires_at");
  return result;
}

Outcome<json> run_status(const Call& call) {
  const auto credential = current_credential(call);
  if (!credential) return tl::unexpected(credential.error());
  const std::string state = call.parts->credential_state(*credential, wall_now());
  if (state == "present") return json{{"credential_state", state}};
  Failure failed{Category::authentication,
                 0,
                 state == "expired" ? "the session has expired" : "there is no session; log in",
                 state,
                 {},
                 "store"};
  return tl::unexpected(std::move(failed));
}

Outcome<json> run_models(const Call& call, const Operation& request) {
  const bool refresh = field(request.fields, "refresh", false);
  const auto many = request.fields.find("providers");
  if (many == request.fields.end()) return call.parts->discover(call, refresh);
  // One entry a provider and id: the same id at two providers is two models.
  json all = json::object();
  for (const json& place : *many) {
    Call one = call;
    one.context = read_context(request.fields, place);
    auto found = call.parts->discover(one, refresh);
    if (!found) return found;
    if (all.empty()) {
      all = std::move(*found);
      continue;
    }
    for (const char* list : {"ids", "models", "warnings"})
      for (json& entry : found->at(list)) all[list].push_back(std::move(entry));
  }
  return all;
}

Outcome<json> dispatch(const Call& call, const Operation& request, const std::string& op, Millis deadline) {
  if (op == adapter::op::login) return run_login(call, request, deadline);
  if (op == adapter::op::refresh) return run_refresh(call);
  if (op == adapter::op::status) return run_status(call);
  if (op == adapter::op::models) return run_models(call, request);
  if (op == adapter::op::logout) return logout(call);
  return chat(call, request.fields);
}

}  // namespace

json run_operation(const Parts& parts, const Operation& request) {
  const json& fields = request.fields;
  try {
    const auto op = field<std::string>(fields, "op", "");
    if (std::find(std::begin(operations), std::end(operations), op) == std::end(operations))
      throw BadRequest{"unknown op \"" + sanitize(op, {}, 40) + '"'};
    const Millis wait =
        positive_ms(fields, "deadline_ms",
                    op == adapter::op::login ? adapter::default_login_deadline : adapter::default_deadline);
    Call call;
    call.parts = &parts;
    call.emit = request.emit;
    call.cancel = request.cancel;
    call.deadline = Deadline::in(wait);
    const bool many = op == adapter::op::models && fields.contains("providers");
    if (many && (!fields["providers"].is_array() || fields["providers"].empty()))
      throw BadRequest{"\"providers\" is not a list of providers"};
    call.context = read_context(fields, many ? fields["providers"].front() : fields);

    auto outcome = dispatch(call, request, op, wait);
    json result = json::object();
    if (outcome) {
      result = std::move(*outcome);
      if (!result.contains("ok")) result["ok"] = true;
    } else {
      result = {{"ok", false}, {"error", to_json(outcome.error())}};
    }
    if (!result.contains("credential_state")) {
      const auto credential = current_credential(call);
      result["credential_state"] = credential ? parts.credential_state(*credential, wall_now()) : "absent";
      if (result.contains("error") && result["error"].value("status", 0) == 401)
        result["credential_state"] = "rejected";
    }
    return {{"result", std::move(result)}};
  } catch (const BadRequest& bad) {
    return {{"errored", {{"message", bad.message}}}};
  } catch (const std::exception& broken) {
    return {{"errored", {{"message", sanitize(broken.what())}}}};
  }
}

json hello(std::string_view client) {
  return {{"hello",
           {{"protocol", {adapter::protocol_version}},
            {"client", client},
            {"version", "0.1.0"},
            {"role", "provider"},
            {"capabilities",
             {"login",
              "account",
              "login.openai",
              "manual-paste",
              "opens-browser",
              "device-login",
              "api-key-login",
              "refresh",
              "status",
              "logout",
              "revoke",
              "key-mint",
              "models",
              "models-refresh",
              "multi-provider",
              "store",
              "chat",
              "stream",
              "tools",
              "reasoning",
              "resume",
              "images",
              "cancel",
              "param.temperature",
              "param.reasoning_effort",
              "param.max_tokens",
              "param.thinking",
              "param.response_format",
              "protocol.openai-chat",
              "protocol.openai-responses",
              "protocol.anthropic",
              "protocol.gemini",
              "protocol.ollama",
              "protocol.cohere",
              "protocol.bedrock",
              "model-seeds",
              "model-cooldown",
              "model-pages",
              "model-cleanup",
              "limits",
              "base-url-forms",
              "adapts",
              "quirks",
              "reasoning-replay",
              "tool-loop"}}}}};
}

}  // namespace assay::reference

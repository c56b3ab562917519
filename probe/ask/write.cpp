#include "probe/ask/write.h"

#include <fmt/format.h>

#include "harness/base/untrusted_json.h"
#include "harness/world/condition.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

// Not a key that anybody issues, and long enough to be looked for in an answer.
constexpr std::string_view kWrongKey = "sk-probe-wrong-7f3a9c51e2d84b06";

bool is_google(Protocol protocol) {
  return protocol == Protocol::gemini || protocol == Protocol::gemini_interactions;
}

std::string value_of(const Target& target, const References& references, const std::string& name,
                     bool& found) {
  found = true;
  if (name == "nonce") return references.nonce;
  if (name == "model") return target.model;
  const std::size_t colon = name.find(':');
  const auto answer = references.answers.find(name.substr(0, colon));
  if (colon != std::string::npos && answer != references.answers.end()) {
    const json* value = answer->second.json.is_discarded()
                            ? nullptr
                            : at_pointer(answer->second.json, std::string_view(name).substr(colon + 1));
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    if (value != nullptr && value->is_number()) return value->dump();
  }
  found = false;
  return {};
}

Result<json> resolved_json(const json& value, const Target& target, const References& references) {
  if (value.is_string()) {
    auto text = resolved(value.get<std::string>(), target, references);
    if (!text) return tl::unexpected(text.error());
    return json(std::move(*text));
  }
  json out = value;
  if (value.is_structured()) {
    for (auto& [key, item] : out.items()) {
      auto inner = resolved_json(item, target, references);
      if (!inner) return inner;
      item = std::move(*inner);
    }
  }
  return out;
}

void add_key(Request& request, const Ask& ask, const Target& target) {
  if (ask.key == Key::none) return;
  const std::string key = ask.key == Key::right   ? target.key
                          : ask.key == Key::wrong ? std::string(kWrongKey)
                                                  : std::string();
  if (ask.key == Key::right && key.empty()) return;  // an endpoint without keys
  if (target.protocol == Protocol::anthropic && !target.bearer) {
    request.headers.push_back({"x-api-key", key});
  } else if (is_google(target.protocol) && !target.bearer) {
    request.headers.push_back({"x-goog-api-key", key});
  } else {
    request.headers.push_back({"Authorization", "Bearer " + key});
  }
}

json body_for(const Ask& ask, const Target& target, const References& references) {
  switch (target.protocol) {
    case Protocol::openai_responses:
      return responses_body(ask, target, references);
    case Protocol::anthropic:
      return anthropic_body(ask, target, references);
    case Protocol::gemini:
      return gemini_body(ask, target, references);
    case Protocol::gemini_interactions:
      return interactions_body(ask, target, references);
    case Protocol::ollama:
      return ollama_body(ask, target, references);
    case Protocol::cohere:
      return cohere_body(ask, target, references);
    case Protocol::bedrock:
      return bedrock_body(ask, target, references);
    default:
      return chat_body(ask, target, references);
  }
}

Result<std::string> body_text(const Ask& ask, const Target& target, const References& references) {
  if (ask.body) return resolved(*ask.body, target, references);
  if (ask.route == Route::model)  // Ollama's
    return json{{"model", ask.model.empty() ? target.model : ask.model}}.dump();
  json body = body_for(ask, target, references);
  if (ask.route == Route::count_tokens) {
    // Counting takes a conversation and none of what steers its answer.
    for (const char* key : {"max_tokens", "stream", "generationConfig", "inferenceConfig"}) body.erase(key);
    if (target.protocol == Protocol::bedrock) body = {{"input", {{"converse", std::move(body)}}}};
  }
  body.merge_patch(ask.patch);
  if (const auto own = ask.patch_for.find(protocol_name(target.protocol)); own != ask.patch_for.end())
    body.merge_patch(own->second);
  auto out = resolved_json(body, target, references);
  if (!out) return tl::unexpected(out.error());
  return out->dump(-1, ' ', false, json::error_handler_t::replace);
}

// What a GET asks for; Ollama shows a model to a POST.
bool only_reads(const Ask& ask, Protocol protocol) {
  if (ask.route == Route::model) return protocol != Protocol::ollama;
  return ask.route == Route::models || ask.route == Route::stored;
}

const char* accepted(const Ask& ask, Protocol protocol) {
  if (!ask.stream) return "application/json";
  if (protocol == Protocol::ollama) return "application/x-ndjson";
  if (protocol == Protocol::bedrock) return "application/vnd.amazon.eventstream";
  return "text/event-stream";
}

}  // namespace

Result<std::string> resolved(const std::string& text, const Target& target, const References& references) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t open = text.find("${"); open != std::string::npos; open = text.find("${", at)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    const std::string name = text.substr(open + 2, close - open - 2);
    bool found = false;
    const std::string value = value_of(target, references, name, found);
    if (!found && name.find(":/") != std::string::npos) return fail("the answer before it has no " + name);
    if (!found) {
      // No reference of a check: an answer that goes back as it came may hold anything.
      out.append(text, at, close + 1 - at);
      at = close + 1;
      continue;
    }
    out.append(text, at, open - at).append(value);
    at = close + 1;
  }
  return out.append(text, at);
}

json said_by(const Answer& answer, Protocol protocol) {
  if (answer.json.is_discarded()) return nullptr;
  const char* pointer = "/message";  // Ollama, Cohere
  if (protocol == Protocol::openai_chat) pointer = "/choices/0/message";
  if (protocol == Protocol::openai_responses) pointer = "/output";
  if (protocol == Protocol::anthropic) pointer = "/content";
  if (protocol == Protocol::gemini) pointer = "/candidates/0/content";
  if (protocol == Protocol::gemini_interactions) pointer = "/steps";
  if (protocol == Protocol::bedrock) pointer = "/output/message";
  const json* said = at_pointer(answer.json, pointer);
  return said == nullptr ? json() : *said;
}

Result<Request> write_request(const Ask& ask, const Target& target, const References& references) {
  auto model = resolved(ask.model, target, references);
  auto stored = resolved(ask.stored_id, target, references);
  if (!model) return tl::unexpected(model.error());
  if (!stored) return tl::unexpected(stored.error());
  Request request;
  const bool reads = only_reads(ask, target.protocol);
  request.method = !ask.method.empty() ? ask.method : reads ? "GET" : "POST";
  request.target = path_of(target, ask.route, ask.stream, ask.route == Route::stored ? *stored : *model);
  if (!reads && request.method != "GET") {
    Ask own = ask;
    own.model = *model;
    auto body = body_text(own, target, references);
    if (!body) return tl::unexpected(body.error());
    request.body = std::move(*body);
    request.headers.push_back({"Content-Type", "application/json"});
  }
  request.headers.push_back({"Accept", accepted(ask, target.protocol)});
  request.headers.push_back({"User-Agent", "assay-probe"});
  if (target.protocol == Protocol::anthropic) request.headers.push_back({"anthropic-version", "2023-06-01"});
  add_key(request, ask, target);
  for (const Header& header : target.headers) set_header(request.headers, header.name, header.value);
  for (const Header& header : ask.headers) set_header(request.headers, header.name, header.value);
  return request;
}

std::string describe_request(const Ask& ask, const Request& request) {
  std::string out = request.method + " " + request.target;
  std::vector<std::string> with;
  if (ask.key == Key::wrong) with.emplace_back("a wrong API key");
  if (ask.key == Key::none) with.emplace_back("no API key");
  if (ask.key == Key::empty) with.emplace_back("an empty API key");
  const json body = parse_untrusted(request.body);
  if (ask.body) with.push_back("the body " + request.body);
  if (body.is_object() && !ask.body) {
    for (const auto& [name, value] : body.items()) {
      if (name == "messages" || name == "input" || name == "contents" || name == "system") continue;
      std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
      constexpr std::size_t longest = 120;
      if (text.size() > longest) text = fmt::format("({} of {} bytes)", value.type_name(), text.size());
      with.push_back(fmt::format("{}: {}", name, text));
    }
  }
  for (const Header& header : ask.headers) with.push_back(header.name + ": " + header.value);
  if (!with.empty()) out += fmt::format(" with {}", fmt::join(with, ", "));
  return out;
}

}  // namespace assay::probe

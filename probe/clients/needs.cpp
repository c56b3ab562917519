#include "probe/clients/needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/base/strict.h"
#include "harness/base/untrusted_json.h"
#include "harness/base/yaml.h"
#include "harness/world/condition.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

std::optional<Protocol> protocol_of(std::string_view target) {
  const std::string_view path = target_path(target);
  if (path.ends_with("/chat/completions")) return Protocol::openai_chat;
  if (path.ends_with("/responses")) return Protocol::openai_responses;
  if (path.ends_with("/messages") || path.ends_with("/messages/count_tokens")) return Protocol::anthropic;
  if (path.ends_with(":generateContent") || path.ends_with(":streamGenerateContent") ||
      path.ends_with(":countTokens"))
    return Protocol::gemini;
  if (path.ends_with("/v1beta/interactions")) return Protocol::gemini_interactions;
  if (path.ends_with("/api/chat")) return Protocol::ollama;
  if (path.ends_with("/v2/chat")) return Protocol::cohere;
  if (path.ends_with("/converse") || path.ends_with("/converse-stream")) return Protocol::bedrock;
  return std::nullopt;
}

bool has(const json& body, const char* pointer) {
  const json* found = at_pointer(body, pointer);
  return found != nullptr && !found->is_null() && *found != false &&
         !(found->is_structured() && found->empty());
}

void add_features(const Request& request, std::set<std::string>& features) {
  const json body = parse_untrusted(request.body);
  if (!body.is_object()) return;
  if (request.target.find("ount_tokens") != std::string::npos ||
      request.target.find(":countTokens") != std::string::npos) {
    features.insert("count-tokens");
    return;
  }
  const std::string_view path = target_path(request.target);
  // Ollama streams unless it is told not to.
  const bool streams = has(body, "/stream") || path.ends_with(":streamGenerateContent") ||
                       path.ends_with("/converse-stream") ||
                       (path.ends_with("/api/chat") && !body.contains("stream"));
  features.insert(streams ? "stream" : "whole");
  if (has(body, "/stream_options/include_usage")) features.insert("usage");
  if (has(body, "/tools") || has(body, "/toolConfig/tools")) features.insert("tools");
  if (has(body, "/parallel_tool_calls")) features.insert("parallel-tools");
  for (const char* pointer :
       {"/reasoning", "/reasoning_effort", "/thinking", "/generationConfig/thinkingConfig",
        "/generation_config/thinking_summaries", "/generation_config/thinking_level", "/think",
        "/additionalModelRequestFields/thinking"})
    if (has(body, pointer)) features.insert("reasoning");
  for (const char* pointer : {"/response_format", "/text/format/schema", "/generationConfig/responseSchema",
                              "/generationConfig/responseJsonSchema", "/format", "/outputConfig/textFormat"})
    if (has(body, pointer)) features.insert("structured-output");
  if (has(body, "/store")) features.insert("stored");
  for (const char* list : {"/messages", "/input", "/contents"}) {
    const json* turns = at_pointer(body, list);
    if (turns == nullptr || !turns->is_array()) continue;
    const auto answered = [](const json& turn) {
      return turn.is_object() &&
             (turn.value("role", json()) == "assistant" || turn.value("role", json()) == "model" ||
              turn.value("type", json()) == "function_call" || turn.value("type", json()) == "model_output");
    };
    if (std::any_of(turns->begin(), turns->end(), answered)) features.insert("turns");
  }
}

// What a check is about does not stop a client that does not do it.
bool needed(const CheckResult& check, const ClientNeeds& needs) {
  if (check.level != Level::must) return false;
  if (check.id.starts_with("access/") && check.id != "access/answers") return false;
  if (check.id.starts_with("whole/") && !needs.features.contains("whole")) return false;
  return std::all_of(check.features.begin(), check.features.end(),
                     [&](const std::string& feature) { return needs.features.contains(feature); });
}

}  // namespace

std::vector<ClientNeeds> needs_of(const std::string& name, const Fixture& recording) {
  std::vector<ClientNeeds> out;
  for (const RecordedExchange& recorded : recording.exchanges) {
    const Request& request = recorded.exchange.request;
    const auto protocol = protocol_of(request.target);
    if (!protocol || !recorded.request_known) continue;
    auto at = std::find_if(out.begin(), out.end(),
                           [&](const ClientNeeds& one) { return one.protocol == *protocol; });
    if (at == out.end()) at = out.insert(out.end(), {name, *protocol, {}});
    add_features(request, at->features);
  }
  return out;
}

Result<std::vector<ClientNeeds>> find_client_needs(const std::string& data_folder, const std::string& name) {
  const std::string recorded = data_folder + "/fixtures/recorded/clients/" + name + ".json";
  const bool path = name.find('/') != std::string::npos || name.ends_with(".json");
  if (path || std::filesystem::exists(recorded)) {
    const auto fixture = read_fixture(path ? name : recorded);
    if (!fixture) return tl::unexpected(fixture.error());
    auto needs = needs_of(name, *fixture);
    if (needs.empty()) return fail("no request of a protocol that assay probe asks", path ? name : recorded);
    return needs;
  }
  auto document = load_yaml_file(data_folder + "/probe/clients.yaml");
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  std::vector<ClientNeeds> found;
  std::vector<std::string> known;
  ObjectReader in(*document, problems);
  for (ObjectReader& entry : in.objects("clients")) {
    const auto own = entry.required<std::string>("name");
    const auto protocol = stream::protocol_from_name(entry.required<std::string>("protocol"));
    if (!protocol) entry.problem("protocol", "expected a protocol");
    const auto features = entry.required<std::vector<std::string>>("features");
    (void)entry.required<std::string>("seen");
    entry.done();
    known.push_back(own);
    if (own == name && protocol) found.push_back({own, *protocol, {features.begin(), features.end()}});
  }
  in.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  if (!found.empty()) return found;
  std::error_code error;
  for (const auto& file :
       std::filesystem::directory_iterator(data_folder + "/fixtures/recorded/clients", error))
    known.push_back(file.path().stem().string());
  std::sort(known.begin(), known.end());
  return fail("--for: " + unknown_word("client", name, known));
}

std::vector<std::string> client_lines(const ClientNeeds& needs, const ProbeResult& result) {
  std::vector<std::string> out;
  if (protocol_name(needs.protocol) != result.protocol) return out;
  const std::string who =
      fmt::format("{} ({}) at {} {}", needs.name, result.protocol, result.endpoint, result.model);
  std::size_t held = 0;
  for (const CheckResult& check : result.checks) {
    if (!needed(check, needs)) continue;
    if (check.verdict == Verdict::pass) {
      ++held;
    } else if (check.verdict == Verdict::inconclusive) {
      out.push_back(fmt::format("{}: not known: {} is inconclusive: {}", who, check.id, check.sentence));
    } else {
      out.push_back(fmt::format("{}: {} {}: {}", who, check.id, to_string(check.verdict), check.sentence));
    }
  }
  if (!out.empty()) return out;
  if (held == 0) return {fmt::format("{}: not known: none of the checks that it needs was run", who)};
  return {fmt::format("{}: will work: all {} checks that it needs hold", who, held)};
}

}  // namespace assay::probe

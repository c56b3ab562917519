#include "fakes/inference-api/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fakes/inference-api/validation.h"

namespace assay::fakes {

const std::vector<Validator>& all_validators() {
  using namespace validation;
  static const std::vector<Validator> all{
      {"alternating-roles", "user and assistant alternate after one system message (500)", alternating_roles},
      {"argument-types", "replayed arguments are text (chat) or an object (Ollama)", argument_types},
      {"automatic-tool-choice", "tool_choice is auto, none or absent", automatic_tool_choice},
      {"cache-control-limit", "at most four cache_control marks", cache_control_limit},
      {"content-after-tool-use", "tool_use blocks stand last in a message", content_after_tool_use},
      {"empty-text", "no empty or blank text", empty_text},
      {"image-media-type", "an image is what its media_type says", image_media_type},
      {"json-mode-or-tools", "response_format and tools exclude each other", json_mode_or_tools},
      {"no-developer-role", "no message has the role developer", no_developer_role},
      {"no-reasoning", "messages carry no reasoning fields", no_reasoning},
      {"one-sampling-parameter", "not both temperature and top_p", one_sampling_parameter},
      {"plain-tool-schema", "tool schemas hold none of the words that Gemini refuses", plain_tool_schema},
      {"reasoning-replay", "tool calls go back with the reasoning, or its proof, that led to them",
       reasoning_replay},
      {"stream-options-need-stream", "stream_options only with stream: true", stream_options_need_stream},
      {"strict-fields", "no field beyond the oldest chat fields (422)", strict_fields},
      {"string-content", "content is text, not a list of parts", string_content},
      {"thinking-budget", "1024 <= thinking.budget_tokens < max_tokens", thinking_budget},
      {"too-many-tools", "at most 128 tools", too_many_tools},
      {"tool-message-order", "every tool call is answered, and only calls are", tool_message_order},
      {"tool-names", "tool names fit [a-zA-Z_][a-zA-Z0-9_.-]{0,63} and differ", tool_names},
      {"tools-are-a-list", "tools is a list", tools_are_a_list},
      {"tools-for-parallel-calls", "parallel_tool_calls only with tools", tools_for_parallel_calls},
      {"waf", "a firewall blocks dangerous-looking or long text (403 HTML)", waf},
  };
  return all;
}

const Validator* find_validator(std::string_view name) {
  const auto& all = all_validators();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Validator& v) { return v.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::optional<Refusal> reject_field(const nlohmann::json& body, const std::string& pointer,
                                    std::string_view model) {
  if (!body.contains(nlohmann::json::json_pointer(pointer))) return std::nullopt;
  const auto name = pointer.substr(1);
  Refusal refusal = validation::bad_request(
      fmt::format("Unsupported parameter: '{}' is not supported with model '{}'.", name, model), name);
  refusal.error.code = "unsupported_parameter";
  return refusal;
}

}  // namespace assay::fakes

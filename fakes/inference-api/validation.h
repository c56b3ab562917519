// What the files of rules share (validate_*.cpp); validate.h is what others see. Every rule is a function of
// the request's JSON body; what each demands stands in the table of validate.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "fakes/inference-api/refusal.h"
#include "harness/stream/turn.h"

namespace assay::fakes::validation {

using nlohmann::json;
using stream::Protocol;
using Found = std::optional<Refusal>;

inline Refusal bad_request(std::string message, std::string param = "") {
  Refusal refusal;
  refusal.error.message = std::move(message);
  refusal.error.param = std::move(param);
  return refusal;
}

inline const json& list_of(const json& object, const char* name) {
  static const json nothing = json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : nothing;
}

inline std::string role_of(const json& message) {
  return message.is_object() ? message.value("role", "") : "";
}

inline bool has_calls(const json& message) {
  return !list_of(message, "tool_calls").empty();
}

Found alternating_roles(const json& body, Protocol protocol);
Found argument_types(const json& body, Protocol protocol);
Found automatic_tool_choice(const json& body, Protocol protocol);
Found cache_control_limit(const json& body, Protocol protocol);
Found content_after_tool_use(const json& body, Protocol protocol);
Found empty_text(const json& body, Protocol protocol);
Found image_media_type(const json& body, Protocol protocol);
Found json_mode_or_tools(const json& body, Protocol protocol);
Found no_developer_role(const json& body, Protocol protocol);
Found no_reasoning(const json& body, Protocol protocol);
Found one_sampling_parameter(const json& body, Protocol protocol);
Found plain_tool_schema(const json& body, Protocol protocol);
Found reasoning_replay(const json& body, Protocol protocol);
Found stream_options_need_stream(const json& body, Protocol protocol);
Found strict_fields(const json& body, Protocol protocol);
Found string_content(const json& body, Protocol protocol);
Found thinking_budget(const json& body, Protocol protocol);
Found too_many_tools(const json& body, Protocol protocol);
Found tool_message_order(const json& body, Protocol protocol);
Found tool_names(const json& body, Protocol protocol);
Found tools_are_a_list(const json& body, Protocol protocol);
Found tools_for_parallel_calls(const json& body, Protocol protocol);
Found waf(const json& body, Protocol protocol);

}  // namespace assay::fakes::validation

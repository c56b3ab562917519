// Rules about parameters of a request that exclude or need each other, and about its text as a whole.
#include "fakes/inference-api/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace assay::fakes::validation {

namespace {

std::size_t count_marks(const json& value) {
  std::size_t count = 0;
  if (value.is_object() && value.contains("cache_control")) ++count;
  if (value.is_structured())
    for (const auto& one : value) count += count_marks(one);
  return count;
}

}  // namespace

Found cache_control_limit(const json& body, Protocol) {
  constexpr std::size_t limit = 4;
  std::size_t count = 0;
  for (const char* name : {"system", "tools", "messages"})
    if (body.contains(name)) count += count_marks(body[name]);
  if (count <= limit) return std::nullopt;
  return bad_request(
      fmt::format("A maximum of {} blocks with cache_control may be provided. Found {}.", limit, count));
}

Found one_sampling_parameter(const json& body, Protocol) {
  if (!body.contains("temperature") || !body.contains("top_p")) return std::nullopt;
  return bad_request(
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
}

Found thinking_budget(const json& body, Protocol) {
  const auto thinking = body.value("thinking", json::object());
  if (!thinking.is_object() || thinking.value("type", "") != "enabled") return std::nullopt;
  const auto budget = thinking.value("budget_tokens", json());
  const auto most = body.value("max_tokens", json());
  constexpr int least = 1024;
  if (!budget.is_number_integer() || budget < least)
    return bad_request(
        fmt::format("thinking.enabled.budget_tokens: Input should be greater than or equal to {}", least));
  if (!most.is_number_integer() || most <= budget)
    return bad_request("`max_tokens` must be greater than `thinking.budget_tokens`.");
  return std::nullopt;
}

Found tools_for_parallel_calls(const json& body, Protocol) {
  if (!body.contains("parallel_tool_calls") || !list_of(body, "tools").empty()) return std::nullopt;
  return bad_request(
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are "
      "specified.",
      "parallel_tool_calls");
}

Found stream_options_need_stream(const json& body, Protocol) {
  if (!body.contains("stream_options") || body.value("stream", json(false)) == true) return std::nullopt;
  return bad_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                     "stream_options");
}

Found json_mode_or_tools(const json& body, Protocol) {
  if (!body.contains("response_format") || list_of(body, "tools").empty()) return std::nullopt;
  return bad_request("`response_format` cannot be used together with `tools`", "response_format");
}

Found automatic_tool_choice(const json& body, Protocol) {
  const auto choice = body.value("tool_choice", json("auto"));
  if (choice == "auto" || choice == "none") return std::nullopt;
  return bad_request("Thinking mode does not support this tool_choice", "tool_choice");
}

Found strict_fields(const json& body, Protocol) {
  static const std::set<std::string> known{"model",          "messages",    "stream", "stream_options",
                                           "tools",          "tool_choice", "stop",   "temperature",
                                           "top_p",          "max_tokens",  "n",      "seed",
                                           "response_format"};
  for (const auto& [name, value] : body.items()) {
    if (known.contains(name)) continue;
    Refusal refusal = bad_request(fmt::format("Extra inputs are not permitted: {}", name), name);
    refusal.status = 422;
    refusal.error.type = "extra_forbidden";
    return refusal;
  }
  return std::nullopt;
}

namespace {

bool dangerous(const std::string& text) {
  constexpr std::string_view words[] = {"rm -rf", "<script", "'; DROP TABLE", "`curl http", "../../"};
  constexpr std::size_t large = 8192;
  return text.size() > large || std::any_of(std::begin(words), std::end(words), [&](std::string_view word) {
           return text.find(word) != std::string::npos;
         });
}

bool any_dangerous(const json& value) {
  if (value.is_string()) return dangerous(value.get_ref<const std::string&>());
  return value.is_structured() && std::any_of(value.begin(), value.end(), any_dangerous);
}

}  // namespace

Found waf(const json& body, Protocol) {
  if (!any_dangerous(body)) return std::nullopt;
  Refusal refusal;
  refusal.status = 403;
  refusal.html =
      "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Attention Required! | Cloudflare</title></head>\n"
      "<body><h1>Sorry, you have been blocked</h1><p>This website is using a security service to protect "
      "itself from "
      "online attacks.</p><p>Cloudflare Ray ID: <strong>8f00ba4baadf00d0</strong></p></body></html>\n";
  return refusal;
}

}  // namespace assay::fakes::validation

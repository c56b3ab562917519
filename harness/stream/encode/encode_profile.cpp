// The habits of each provider, as seen in recordings.
#include <algorithm>

#include "harness/stream/encode/encode.h"

namespace assay::stream {

namespace {

std::vector<Profile> make_profiles() {
  const Profile openai{.obfuscation = true};
  std::vector<Profile> all{openai};
  all.push_back({.name = "azure", .empty_first_event = true, .obfuscation = true});
  all.push_back({.name = "deepseek", .usage = UsageAt::finish_event});
  all.push_back({.name = "openrouter",
                 .usage = UsageAt::repeat,
                 .error = ErrorShape::openrouter,
                 .reasoning = ReasoningAs::reasoning_details,
                 .role_in_every_chunk = true,
                 .native_finish = true,
                 .comments = 2,
                 .content_type = "text/event-stream"});
  all.push_back({.name = "groq",
                 .usage = UsageAt::twice,
                 .error = ErrorShape::groq,
                 .reasoning = ReasoningAs::reasoning,
                 .whole_tool_calls = true,
                 .content_type = "text/event-stream"});
  all.push_back({.name = "mistral",
                 .usage = UsageAt::finish_event,
                 .error = ErrorShape::mistral,
                 .reasoning = ReasoningAs::thinking_parts,
                 .whole_tool_calls = true,
                 .call_with_finish = true,
                 .call_type = false,
                 .obfuscation = true});
  all.push_back({.name = "xai", .error = ErrorShape::xai, .whole_tool_calls = true});
  all.push_back({.name = "cerebras",
                 .usage = UsageAt::finish_event,
                 .end = EndBy::nothing,
                 .reasoning = ReasoningAs::reasoning});
  all.push_back({.name = "perplexity",
                 .usage = UsageAt::every_event,
                 .end = EndBy::nothing,
                 .role_in_every_chunk = true,
                 .whole_message = true});
  all.push_back(
      {.name = "together", .usage = UsageAt::finish_event, .repeat_call_id = true, .stop_word = "eos"});
  all.push_back({.name = "llama.cpp"});
  all.push_back({.name = "ollama",
                 .reasoning = ReasoningAs::reasoning,
                 .role_in_every_chunk = true,
                 .whole_tool_calls = true,
                 .content_type = "text/event-stream"});
  all.push_back({.name = "kimi", .usage = UsageAt::finish_event});
  all.push_back({.name = "gemini-openai",
                 .usage = UsageAt::every_event,
                 .reasoning = ReasoningAs::extra_signature,
                 .role_in_every_chunk = true,
                 .whole_tool_calls = true,
                 .content_type = "text/event-stream"});
  all.push_back({.name = "responses-relay", .event_names = false});
  all.push_back({.name = "anthropic", .error = ErrorShape::anthropic, .obfuscation = true});
  all.push_back({.name = "gemini", .end = EndBy::nothing, .error = ErrorShape::gemini, .crlf = true});
  all.push_back(
      {.name = "gemini-array", .end = EndBy::nothing, .error = ErrorShape::gemini, .json_array = true});
  all.push_back({.name = "gemini-interactions", .error = ErrorShape::gemini});
  all.push_back({.name = "ollama-native", .error = ErrorShape::text});
  all.push_back({.name = "cohere", .error = ErrorShape::cohere});
  all.push_back({.name = "bedrock", .error = ErrorShape::bedrock, .obfuscation = true});
  all.push_back(
      {.name = "bedrock-invoke", .error = ErrorShape::bedrock, .obfuscation = true, .invoke = true});
  return all;
}

}  // namespace

const std::vector<Profile>& all_profiles() {
  static const std::vector<Profile> profiles = make_profiles();
  return profiles;
}

Result<Profile> profile_from_name(std::string_view name) {
  const auto& all = all_profiles();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Profile& p) { return p.name == name; });
  if (found != all.end()) return *found;
  std::string names;
  for (const Profile& profile : all) names += (names.empty() ? "" : ", ") + profile.name;
  return fail("unknown profile '" + std::string(name) + "'; expected one of " + names);
}

Profile default_profile(Protocol protocol) {
  switch (protocol) {
    case Protocol::openai_chat:
    case Protocol::openai_responses:
      return all_profiles().front();
    case Protocol::ollama:
      return profile_from_name("ollama-native").value();
    default:
      return profile_from_name(protocol_name(protocol)).value();
  }
}

}  // namespace assay::stream

// What the encoders share: private to harness/stream.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/stream/encode/encode.h"

namespace assay::stream::encoding {

using Json = nlohmann::ordered_json;  // providers' key order is part of what a client sees

// One answer being written: the values that every protocol's encoder needs.
struct Writer {
  const Turn& turn;
  const Profile& profile;
  const EncodeOptions& options;
  std::vector<std::string> events;

  // Appends one SSE event with the profile's line ends.
  void sse(std::string_view event_name, std::string_view data);
  std::vector<std::string_view> pieces(std::string_view text) const;
};

// JSON text as a value; what is not JSON becomes a string.
Json parsed(std::string_view json);
void put(Json& object, const char* key, const std::optional<std::int64_t>& value);
// Adds every extra that `object` has no key for.
void put_extras(Json& object, const Extras& extras);
// Adds the extras whose name starts with `prefix` ("message."), under the rest of their name, unless that has
// a dot too.
void put_extras_under(Json& object, const Extras& extras, std::string_view prefix);
// Adds the extras without a dot in their name: those of the top level.
void put_top_extras(Json& object, const Extras& extras);
std::string finish_raw(const Turn& turn, Protocol protocol);
// The items of an extra that is a list ("message.citations"); none when it is not there.
std::vector<Json> items_of_extra(const Turn& turn, std::string_view name);
// The index of the last text block of choice 0; the number of blocks when there is none.
std::size_t last_text(const Turn& turn);
std::string dump(const Json& value);
// The error as the profile writes it in a body; `status` 0 leaves numbers out.
Json error_body(const StreamError& error, int status, ErrorShape shape);
// Deterministic padding of 1 to 16 characters, different from event to event.
std::string padding(std::size_t event);
std::vector<int> choices_of(const Turn& turn);

std::vector<std::string> chat_events(Writer writer);
Json chat_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> responses_events(Writer writer);
Json responses_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> anthropic_events(Writer writer);
Json anthropic_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> gemini_events(Writer writer);
Json gemini_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> gemini_interactions_events(Writer writer);
Json gemini_interactions_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> ollama_events(Writer writer);
Json ollama_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> cohere_events(Writer writer);
Json cohere_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);
std::vector<std::string> bedrock_events(Writer writer);
Json bedrock_body(const Turn& turn, const Profile& profile, const EncodeOptions& options);

}  // namespace assay::stream::encoding

// The settings of the inference API fake, read strictly; their table is in README.md. What an answer says
// (`Plan`) is spelled the same in the settings and in the orders of rules.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fakes/common/settings.h"
#include "fakes/inference-api/model_list.h"
#include "fakes/inference-api/refusal.h"
#include "fakes/inference-api/validate.h"
#include "fakes/library.h"
#include "fakes/world_state.h"
#include "harness/base/exchange.h"
#include "harness/stream/encode/encode.h"

namespace assay::fakes {

// A header of an answer: a text, or a date so far ahead.
struct PlannedHeader {
  std::string name, value;
  std::optional<Micros> date_in;
};

// What one answer says, and how it is delivered.
struct Plan {
  std::vector<stream::Turn> turns;   // one for each request in order, the last one for all that follow
  std::optional<Response> recorded;  // a fixture's answer, byte for byte
  double speed = 0;                  // of its recorded times; 0 = as fast as possible
  std::optional<Refusal> error;
  std::vector<PlannedHeader> headers;  // added to the answer
  Micros pace{0};                      // between events
  std::size_t piece = 0;               // code points a delta; 0 = words
  std::size_t events_per_chunk = 1;
  BodyFraming framing = BodyFraming::chunked;  // of a streamed answer
};

// Reads turn | turns | fixture | error, speed, headers, pace, piece, events_per_chunk, framing over `base`.
Plan read_plan(SettingsReader& in, const Library& library, Plan base);

struct AuthSettings {
  std::string scheme;             // auto, bearer, x-api-key, x-goog-api-key, none
  std::string header;             // a vendor's own, instead of those
  std::string token_prefix;       // what a bearer token must begin with, before the token itself
  std::vector<std::string> keys;  // accepted besides what the world's fakes issued
  std::string models;             // none or key: what the list of models needs
  std::string errors;             // litellm or profile
  bool echo_key = false;
};

struct ModelRule {
  std::string models;                          // a name, or a prefix and a star: "kimi-*"
  std::vector<std::string> reject;             // fields
  std::vector<std::string> reject_with_tools;  // fields, when tools are sent too
};

struct RateLimit {
  std::size_t requests = 0;  // 0 = no limit
  Micros per{0};
  std::string form;
};

struct InferenceSettings {
  std::vector<ModelEntry> models;
  std::optional<std::vector<ModelEntry>> models_for_key;
  bool reject_unknown_model = false;
  std::string list;  // shape of the list of models; empty = that of whoever asks
  Paging paging;
  std::string database;
  AuthSettings auth;
  std::vector<std::string> base_paths;
  bool shared = false;           // its routes are answered at the hosts of the world's other fakes too
  stream::Profile chat_profile;  // of the protocols that it fits
  std::optional<stream::Profile> responses_profile;
  std::vector<ModelRule> model_rules;
  RateLimit rate_limit;
  std::vector<const Validator*> validators;
  std::vector<std::string> reject;  // fields
  bool strict = true;               // what every provider of the protocol refuses is refused (wire_rules.h)
  Plan plan;

  static Result<InferenceSettings> read(const nlohmann::json& value, const WorldState& state);
};

}  // namespace assay::fakes

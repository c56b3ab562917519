#include "fakes/inference-api/settings.h"

#include <fmt/format.h>

#include "fakes/inference-api/worldrouter_models.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

std::vector<ModelEntry> read_models(SettingsReader& in, std::string_view name, const nlohmann::json& value) {
  std::vector<ModelEntry> models;
  if (value.is_number_integer() && value >= 0) {
    for (std::uint64_t i = 1; i <= value.get<std::uint64_t>(); ++i)
      models.emplace_back(fmt::format("model-{:05}", i));
  } else if (value.is_array()) {
    models.assign(value.begin(), value.end());
  } else {
    in.wrong(name, fmt::format("'{}' must be a list of models or how many, found {}", name, kind_of(value)));
  }
  return models;
}

std::vector<PlannedHeader> read_headers(SettingsReader& in) {
  std::vector<PlannedHeader> headers;
  const auto given = in.object("headers");
  for (const auto& [name, value] : given.items()) {
    if (value.is_string()) {
      headers.push_back({name, value.get<std::string>(), std::nullopt});
    } else if (value.is_object()) {
      SettingsReader date(value);
      headers.push_back({name, "", date.duration("date_in", Micros(0))});
      if (const auto done = date.finish(); !done) in.wrong("headers", name + ": " + done.error().message);
    } else {
      in.wrong("headers", "header '" + name + "' must be text or {date_in: ...}");
    }
  }
  return headers;
}

// RFC 6901, not empty; the only escapes are ~0 and ~1.
void check_pointer(SettingsReader& in, std::string_view name, const std::string& pointer) {
  bool right = pointer.starts_with('/');
  for (auto at = pointer.find('~'); at != std::string::npos; at = pointer.find('~', at + 1))
    right = right && at + 1 < pointer.size() && (pointer[at + 1] == '0' || pointer[at + 1] == '1');
  if (!right) in.wrong(name, "'" + pointer + "' is no JSON pointer such as /temperature");
}

void read_validate(SettingsReader& in, InferenceSettings& s) {
  const auto value = in.any("validate");
  std::vector<std::string> names;
  if (value.is_object()) {
    in.section("validate", [&](SettingsReader& v) {
      s.reject = v.texts("reject", {});
      names = v.texts("rules", {});
    });
    for (const auto& pointer : s.reject) check_pointer(in, "validate", pointer);
  } else {
    names = in.texts("validate", {});
  }
  for (const auto& name : names) {
    if (const auto* validator = find_validator(name)) {
      s.validators.push_back(validator);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& validator : all_validators()) known.emplace_back(validator.name);
    in.wrong("validate", unknown_word("validate rule", name, known));
  }
}

void read_profile(SettingsReader& in, InferenceSettings& s) {
  const auto profile = stream::profile_from_name(in.text("profile", "openai"));
  if (!profile) return in.wrong("profile", profile.error().message);
  if (profile->name == "responses-relay") {
    s.responses_profile = *profile;
  } else {
    s.chat_profile = *profile;
  }
}

std::vector<ModelRule> read_model_rules(SettingsReader& in) {
  std::vector<ModelRule> rules;
  if (!in.has("model_rules")) rules.push_back({"kimi-*", {}, {"/reasoning_effort"}});
  in.section("model_rules", [&](SettingsReader& all) {
    for (const auto& models : all.names()) {
      all.section(models, [&](SettingsReader& rule) {
        rules.push_back({models, rule.texts("reject", {}), rule.texts("reject_with_tools", {})});
        for (const auto& pointer : rules.back().reject) check_pointer(rule, "reject", pointer);
        for (const auto& pointer : rules.back().reject_with_tools)
          check_pointer(rule, "reject_with_tools", pointer);
      });
    }
  });
  return rules;
}

}  // namespace

Plan read_plan(SettingsReader& in, const Library& library, Plan base) {
  const auto add_turn = [&](std::string_view name, const nlohmann::json& value) {
    if (auto turn = library.turn(value)) {
      base.turns.push_back(std::move(*turn));
    } else {
      in.wrong(name, std::string(name) + ": " + turn.error().text());
    }
  };
  const bool has_turn = in.has("turn");
  const bool has_turns = in.has("turns");
  const bool has_fixture = in.has("fixture");
  const bool has_error = in.has("error");
  const auto turn = in.any("turn");
  const auto turns = in.any("turns");
  const auto fixture = in.text("fixture", "");
  std::vector<std::string> given;
  for (const char* name : {"turn", "turns", "fixture", "error"}) {
    if (in.has(name)) given.emplace_back(name);
  }
  if (given.size() > 1)
    in.wrong(given.front(),
             fmt::format("an answer is one of 'turn', 'turns', 'fixture' and 'error', here are "
                         "'{}'; take the others away",
                         fmt::join(given, "' and '")));
  if (has_turn || has_turns || has_fixture || has_error) {
    base.turns.clear();
    base.recorded.reset();
    base.error.reset();
  }
  if (has_turn) add_turn("turn", turn);
  if (has_turns) {
    if (!turns.is_array() || turns.empty()) in.wrong("turns", "'turns' must be a list of turns");
    for (const auto& one : turns) add_turn("turns", one);
  }
  if (has_fixture) {
    if (auto recorded = library.recorded(fixture)) {
      base.recorded = std::move(*recorded);
    } else {
      in.wrong("fixture", "fixture: " + recorded.error().text());
    }
  }
  if (has_error) in.section("error", [&](SettingsReader& error) { base.error = read_refusal(error); });
  (void)in.any("error");
  for (auto& header : read_headers(in)) {
    std::erase_if(base.headers, [&](const PlannedHeader& h) { return iequals(h.name, header.name); });
    base.headers.push_back(std::move(header));
  }
  base.speed = static_cast<double>(in.number("speed", static_cast<std::int64_t>(base.speed)));
  base.pace = in.duration("pace", base.pace);
  base.piece = static_cast<std::size_t>(in.number("piece", static_cast<std::int64_t>(base.piece)));
  base.events_per_chunk = static_cast<std::size_t>(
      in.number("events_per_chunk", static_cast<std::int64_t>(base.events_per_chunk)));
  if (base.events_per_chunk == 0) in.wrong("events_per_chunk", "'events_per_chunk' must be 1 or more");
  const auto framing = in.choice("framing", "", {"chunked", "close-delimited", "content-length"});
  if (framing == "chunked") base.framing = BodyFraming::chunked;
  if (framing == "close-delimited") base.framing = BodyFraming::close_delimited;
  if (framing == "content-length") base.framing = BodyFraming::content_length;
  return base;
}

Result<InferenceSettings> InferenceSettings::read(const nlohmann::json& value, const WorldState& state) {
  SettingsReader in(value);
  InferenceSettings s;
  const bool given = in.has("models");
  const auto models = in.any("models");
  if (given) {
    s.models = read_models(in, "models", models);
  } else {
    for (auto& id : worldrouter_models()) s.models.emplace_back(std::move(id));
  }
  const bool keyed = in.has("models_for_key");
  const auto for_key = in.any("models_for_key");
  if (keyed) s.models_for_key = read_models(in, "models_for_key", for_key);
  s.list = in.choice("list", "", {"openai", "anthropic", "gemini", "ollama", "mistral", "cohere"});
  s.strict = in.flag("strict", true);
  s.reject_unknown_model =
      in.choice("unknown_model", given ? "reject" : "accept", {"reject", "accept"}) == "reject";
  in.section("paging", [&](SettingsReader& paging) {
    s.paging.size = static_cast<std::size_t>(paging.number("size", 0));
    s.paging.cursor = paging.choice("cursor", "right", {"right", "null", "same"});
  });
  s.database = in.choice("database", "production", {"production", "preview"});
  read_profile(in, s);
  in.section("auth", [&](SettingsReader& auth) {
    s.auth.scheme = auth.choice("scheme", "auto", {"auto", "bearer", "x-api-key", "x-goog-api-key", "none"});
    s.auth.header = auth.text("header", "");
    s.auth.token_prefix = auth.text("token_prefix", "");
    s.auth.keys = auth.texts("keys", {});
    s.auth.models = auth.choice("models", "none", {"none", "key"});
    s.auth.errors = auth.choice("errors", in.has("profile") ? "profile" : "litellm", {"litellm", "profile"});
    s.auth.echo_key = auth.flag("echo_key", false);
  });
  s.base_paths = in.texts("base_path", {"/v1"});
  s.shared = in.flag("shared", false);
  s.model_rules = read_model_rules(in);
  in.section("rate_limit", [&](SettingsReader& limit) {
    s.rate_limit.requests = static_cast<std::size_t>(limit.number("requests", 0));
    s.rate_limit.per = limit.duration("per", std::chrono::minutes(1));
    s.rate_limit.form = limit.choice("form", "seconds", {"seconds", "date", "ms", "both", "none"});
  });
  read_validate(in, s);
  Plan pong;
  pong.turns.push_back(stream::turn_from_json({{"text", "pong"}}).value());
  s.plan = read_plan(in, *state.library, std::move(pong));
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  return s;
}

}  // namespace assay::fakes

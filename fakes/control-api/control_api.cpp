#include "fakes/control-api/control_api.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

#include "fakes/auth-station/auth_station.h"
#include "fakes/common/answers.h"
#include "fakes/common/configured_fake.h"
#include "fakes/common/jwt.h"
#include "fakes/common/test_keys.h"

namespace assay::fakes {
namespace {

constexpr std::string_view session_issuer = "infer-session";

struct ControlApiSettings {
  std::string database;
  std::int64_t replication_requests = 0;
  Micros replication_delay{0};
  std::string mint;
  std::string revoke;
  Micros session_lifetime{0};
  Micros leeway{0};
  std::vector<std::string> teams;
  std::vector<std::string> exchange_omit;
  nlohmann::json exchange_set;
  std::string key_prefix;

  static Result<ControlApiSettings> read(const nlohmann::json& value, const WorldState&) {
    SettingsReader in(value);
    ControlApiSettings s;
    s.database = in.choice("database", "production", {"production", "preview"});
    in.section("replication", [&](SettingsReader& r) {
      s.replication_requests = r.number("requests", 0);
      s.replication_delay = r.duration("delay", Micros(0));
    });
    s.mint = in.choice("mint", "create", {"create", "get-or-create"});
    s.revoke = in.choice("revoke", "ok", {"ok", "refused"});
    in.section("session", [&](SettingsReader& r) {
      s.session_lifetime = r.duration("lifetime", std::chrono::hours(1));
      s.leeway = r.duration("leeway", std::chrono::seconds(30));
    });
    s.teams = in.texts("teams", {"team-1"});
    if (s.teams.empty()) in.wrong("teams", "expected at least one team");
    in.section("exchange", [&](SettingsReader& r) {
      s.exchange_omit = r.texts("omit", {});
      s.exchange_set = r.object("set");
    });
    s.key_prefix = in.text("key_prefix", "sk-worldrouter-");
    if (auto done = in.finish(); !done) return tl::unexpected(done.error());
    return s;
  }
};

Response refused(int status, std::string_view code, std::string_view message) {
  return json_response(status, {{"detail", {{"code", code}, {"message", message}}}});
}

// FastAPI's answer to a body that does not validate.
Response unprocessable(const nlohmann::json& location, std::string_view type, std::string_view message) {
  return json_response(
      422, {{"detail",
             {{{"type", type}, {"loc", location}, {"msg", message}, {"input", nlohmann::json::object()}}}}});
}

std::string masked(const std::string& secret, std::string_view prefix) {
  constexpr std::size_t shown = 4;
  return fmt::format("{}...{}", prefix, secret.substr(secret.size() - std::min(shown, secret.size())));
}

struct Session {
  std::string subject;
  std::int64_t expires = 0;
};

// An answer to a mint that may be asked for again under its Idempotency-Key.
struct Minted {
  std::string fingerprint;  // team and body
  std::string key_id;
};

class ControlApi final : public ConfiguredFake<ControlApiSettings> {
 public:
  ControlApi(FakeConfig config, ControlApiSettings settings, std::shared_ptr<WorldState> state)
      : ConfiguredFake(std::move(config), std::move(settings), std::move(state)),
        issuer_(RsaKey::from_pem(issuer_private_key_pem()).value()) {
    state_->issues_credentials = true;
  }

  Actions answer(const Call& call) override {
    const auto& request = *call.request;
    const auto path = target_path(request.target);
    if (path == "/auth/exchange")
      return request.method == "POST" ? exchange(request) : respond(method_not_allowed("POST"));
    if (path == "/auth/logout")
      return request.method == "POST" ? logout(request) : respond(method_not_allowed("POST"));
    if (const auto team = match_path("/platform/v1/teams/*/keys", request.target)) {
      if (request.method == "POST") return guarded(request, team->front(), &ControlApi::mint);
      if (request.method == "GET") return guarded(request, team->front(), &ControlApi::list);
      return respond(method_not_allowed("GET, POST"));
    }
    if (const auto key = match_path("/platform/v1/teams/*/keys/*", request.target))
      return request.method == "DELETE" ? guarded(request, key->front(), &ControlApi::revoke)
                                        : respond(method_not_allowed("DELETE"));
    return {Unclaimed{}};
  }

  nlohmann::json get(std::string_view key) const override {
    if (key == "secrets") return issued_secrets(*state_);
    if (key == "session_token") return last_session_;
    if (key == "key") return last_key_;
    if (key == "keys_minted") return keys_minted_;
    if (key == "sessions") return sessions_.size();
    if (key == "live_keys") {
      return std::count_if(state_->keys.begin(), state_->keys.end(),
                           [](const ApiKey& k) { return !k.revoked; });
    }
    return nullptr;
  }

 private:
  // Why an Auth Station token is not accepted; empty when it is.
  std::string objection(const Result<Jwt>& token) const {
    if (!token) return "Not a token";
    if (!verify_rs256(*token, issuer_)) return "Invalid token signature";
    const auto& claims = token->claims;
    if (claims.value("iss", nlohmann::json()) != auth_station_issuer) return "Unknown token issuer";
    const auto leeway = whole_seconds(settings_.leeway);
    for (const char* name : {"sub", "iat", "exp"})
      if (!claims.contains(name)) return fmt::format("Token has no {}", name);
    if (!claims["exp"].is_number() || claims["exp"] <= wall() - leeway) return "Token has expired";
    for (const char* name : {"iat", "nbf"})
      if (claims.contains(name) && (!claims[name].is_number() || claims[name] > wall() + leeway))
        return "Token is not valid yet";
    if (claims.contains("jti") && state_->signed_out.contains(claims["jti"].dump()))
      return "Token was signed out";
    return "";
  }

  Actions exchange(const Request& request) {
    const auto body = json_body(request);
    if (request.body.empty() || body.is_discarded() || !body.is_object())
      return respond(unprocessable({"body"}, request.body.empty() ? "missing" : "json_invalid",
                                   request.body.empty() ? "Field required" : "JSON decode error"));
    if (!body.contains("token"))
      return respond(unprocessable({"body", "token"}, "missing", "Field required"));
    if (!body["token"].is_string())
      return respond(unprocessable({"body", "token"}, "string_type", "Input should be a valid string"));
    const auto token = parse_jwt(body["token"].get<std::string>());
    if (const auto why = objection(token); !why.empty()) return respond(refused(401, "invalid_token", why));

    const auto& claims = token->claims;
    const auto lifetime = whole_seconds(settings_.session_lifetime);
    const auto id = config_.random.hex(32);
    sessions_[id] = {claims["sub"].dump(), wall() + lifetime};
    last_session_ = sign_hs256({{"iss", session_issuer},
                                {"sub", claims["sub"]},
                                {"team_id", settings_.teams.front()},
                                {"iat", wall()},
                                {"exp", wall() + lifetime},
                                {"jti", id}},
                               session_secret());
    remember_secret(*state_, "session token", last_session_);
    nlohmann::json teams = nlohmann::json::array();
    for (const auto& team : settings_.teams) teams.push_back({{"id", team}, {"name", team}});
    nlohmann::json answer{
        {"session_token", last_session_},
        {"token_type", "bearer"},
        {"expires_in", lifetime},
        {"default_team_id", settings_.teams.front()},
        {"teams", teams},
        {"user", {{"id", claims["sub"]}, {"email", claims.value("email", nlohmann::json())}}}};
    answer.update(settings_.exchange_set);
    for (const auto& name : settings_.exchange_omit) answer.erase(name);
    return respond(json_response(200, answer));
  }

  // The id of the live session that the request's bearer names; empty when it names none.
  std::string session_of(const Request& request) const {
    const auto token = parse_jwt(authorization(request, "Bearer").value_or(""));
    if (!token || !verify_hs256(*token, session_secret())) return "";
    const auto id = token->claims.value("jti", "");
    const auto session = sessions_.find(id);
    return session != sessions_.end() && session->second.expires > wall() ? id : "";
  }

  Actions logout(const Request& request) {
    if (sessions_.erase(session_of(request)) == 0) return respond(invalid_session());
    return respond(empty_response(204));
  }

  static Response invalid_session() {
    return refused(401, "litellm_unauthorized", "Invalid Infer session token");
  }

  using Handler = Actions (ControlApi::*)(const Request&, const std::string& team);
  Actions guarded(const Request& request, const std::string& team, Handler handler) {
    if (session_of(request).empty()) return respond(invalid_session());
    if (std::find(settings_.teams.begin(), settings_.teams.end(), team) == settings_.teams.end())
      return respond(refused(403, "team_forbidden", fmt::format("Not a member of team {}", team)));
    return (this->*handler)(request, team);
  }

  ApiKey* find_key(const std::string& id) {
    const auto key =
        std::find_if(state_->keys.begin(), state_->keys.end(), [&](const ApiKey& k) { return k.id == id; });
    return key == state_->keys.end() ? nullptr : &*key;
  }

  static Response minted(const ApiKey& key, bool created) {
    return json_response(200, {{"id", key.id},
                               {"key", key.secret},
                               {"name", key.name},
                               {"team_id", key.team},
                               {"created_at", key.created},
                               {"created", created}});
  }

  Actions mint(const Request& request, const std::string& team) {
    const auto body = request.body.empty() ? nlohmann::json::object() : json_body(request);
    if (!body.is_object()) return respond(unprocessable({"body"}, "json_invalid", "JSON decode error"));
    if (body.contains("name") && !body["name"].is_string())
      return respond(unprocessable({"body", "name"}, "string_type", "Input should be a valid string"));
    const auto name = body.value("name", "");
    const auto* idempotency = find_header(request.headers, "Idempotency-Key");
    const auto fingerprint = team + "\n" + body.dump();
    if (idempotency != nullptr) {
      if (const auto before = minted_.find(*idempotency); before != minted_.end()) {
        if (before->second.fingerprint != fingerprint)
          return respond(
              refused(409, "idempotency_conflict", "This Idempotency-Key was used with another request"));
        return respond(minted(*find_key(before->second.key_id), false));
      }
    }
    if (settings_.mint == "get-or-create") {
      const auto same = std::find_if(state_->keys.begin(), state_->keys.end(), [&](const ApiKey& k) {
        return !k.revoked && k.team == team && k.name == name && k.database == settings_.database;
      });
      if (same != state_->keys.end()) return respond(minted(*same, false));
    }
    ApiKey key;
    key.id = "key_" + config_.random.alphanumeric(12);
    key.secret = settings_.key_prefix + config_.random.alphanumeric(40);
    key.name = name;
    key.team = team;
    key.database = settings_.database;
    key.created = wall();
    key.visible_at = config_.clock->now() + settings_.replication_delay;
    key.refusals = settings_.replication_requests;
    last_key_ = key.secret;
    remember_secret(*state_, "minted key", key.secret);
    ++keys_minted_;
    if (idempotency != nullptr) minted_[*idempotency] = {fingerprint, key.id};
    auto actions = respond(minted(key, true));
    actions.emplace_back(Note{"key minted", {{"id", key.id}, {"database", key.database}}});
    state_->keys.push_back(std::move(key));
    return actions;
  }

  Actions list(const Request&, const std::string& team) {
    nlohmann::json data = nlohmann::json::array();
    for (const auto& key : state_->keys) {
      if (key.revoked || key.team != team) continue;
      data.push_back({{"id", key.id},
                      {"name", key.name},
                      {"masked", masked(key.secret, settings_.key_prefix)},
                      {"team_id", key.team},
                      {"created_at", key.created}});
    }
    return respond(json_response(200, {{"data", data}}));
  }

  Actions revoke(const Request& request, const std::string& team) {
    const auto path = match_path("/platform/v1/teams/*/keys/*", request.target);
    auto* key = find_key(path->back());
    if (key == nullptr || key->revoked || key->team != team)
      return respond(refused(404, "key_not_found", "No such key"));
    const bool done = settings_.revoke == "ok";
    key->revoked = done;
    return respond(json_response(200, {{"id", key->id}, {"revoked", done}}));
  }

  RsaKey issuer_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, Minted> minted_;
  std::string last_session_;
  std::string last_key_;
  std::uint64_t keys_minted_ = 0;
};

}  // namespace

Result<std::unique_ptr<Fake>> make_control_api(FakeConfig config, std::shared_ptr<WorldState> state) {
  return make_configured<ControlApi, ControlApiSettings>(std::move(config), std::move(state));
}

}  // namespace assay::fakes

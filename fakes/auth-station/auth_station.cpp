#include "fakes/auth-station/auth_station.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

#include "fakes/common/answers.h"
#include "fakes/common/configured_fake.h"
#include "fakes/common/jwt.h"
#include "fakes/common/test_keys.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

constexpr std::int64_t ticket_seconds = 600;

struct AuthTokenSettings {
  Micros lifetime = std::chrono::hours(1);
  Micros skew{0};
  std::string issuer{auth_station_issuer};
  std::vector<std::string> omit;
  nlohmann::json claims = nlohmann::json::object();
  std::string signature = "right";
};

struct AuthStationSettings {
  bool automatic = false;
  bool deny = false;
  std::vector<std::string> accepted_origins;
  std::string delivery;
  std::string state;
  int redirect_status = 302;
  nlohmann::json redirect_params;
  std::string subject;
  std::string email;
  AuthTokenSettings token;

  static Result<AuthStationSettings> read(const nlohmann::json& value, const WorldState&) {
    SettingsReader in(value);
    AuthStationSettings s;
    s.automatic = in.flag("auto", false);
    s.deny = in.flag("deny", false);
    s.accepted_origins = in.texts("accepted_origins", {"http://127.0.0.1:1456"});
    s.delivery = in.choice("delivery", "query", {"query", "fragment", "form_post"});
    s.state = in.choice("state", "echo", {"echo", "omit", "wrong"});
    s.redirect_status = static_cast<int>(in.number("redirect_status", 302));
    if (s.redirect_status != 302 && s.redirect_status != 303 && s.redirect_status != 307)
      in.wrong("redirect_status", fmt::format("expected 302, 303 or 307, found {}", s.redirect_status));
    s.redirect_params = in.object("redirect_params");
    in.section("user", [&](SettingsReader& user) {
      s.subject = user.text("sub", "user-1");
      s.email = user.text("email", "user@example.com");
    });
    in.section("token", [&](SettingsReader& token) {
      s.token.lifetime = token.duration("lifetime", s.token.lifetime);
      s.token.skew = token.duration("skew", Micros(0));
      s.token.issuer = token.text("issuer", s.token.issuer);
      s.token.omit = token.texts("omit", {});
      s.token.claims = token.object("claims");
      s.token.signature = token.choice("signature", "right", {"right", "wrong-key", "none", "hs256"});
    });
    if (auto done = in.finish(); !done) return tl::unexpected(done.error());
    return s;
  }
};

// Where a login came from and goes back to.
struct Destination {
  std::string redirect_uri;
  std::optional<std::string> state;
};

struct Ticket {
  Destination destination;
  std::int64_t expires = 0;
};

class AuthStation final : public ConfiguredFake<AuthStationSettings> {
 public:
  AuthStation(FakeConfig config, AuthStationSettings settings, std::shared_ptr<WorldState> state)
      : ConfiguredFake(std::move(config), std::move(settings), std::move(state)),
        key_(RsaKey::from_pem(issuer_private_key_pem()).value()),
        foreign_(RsaKey::from_pem(foreign_private_key_pem()).value()) {
    state_->issues_credentials = true;
  }

  Actions answer(const Call& call) override {
    const auto& request = *call.request;
    const auto path = target_path(request.target);
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (path == "/login") return get ? login(call) : respond(method_not_allowed("GET"));
    if (path == "/login/approve")
      return request.method == "POST" ? approve(request) : respond(method_not_allowed("POST"));
    if (path == "/session/check") return get ? check(call) : respond(method_not_allowed("GET"));
    if (path == "/.well-known/jwks.json")
      return get ? respond(json_response(200, {{"keys", {key_.jwk(issuer_key_id)}}}))
                 : respond(method_not_allowed("GET"));
    if (path == "/logout")
      return request.method == "POST" ? logout(request) : respond(method_not_allowed("POST"));
    return {Unclaimed{}};
  }

  nlohmann::json get(std::string_view key) const override {
    if (key == "secrets") return issued_secrets(*state_);
    if (key == "token") return last_token_;
    if (key == "tokens_issued") return tokens_issued_;
    return nullptr;
  }

 private:
  bool accepted(std::string_view origin) const {
    return std::any_of(settings_.accepted_origins.begin(), settings_.accepted_origins.end(),
                       [&](std::string_view a) {
                         if (!a.ends_with(":*")) return iequals(a, origin);
                         a.remove_suffix(1);
                         const auto port = origin.substr(std::min(a.size(), origin.size()));
                         return origin.starts_with(a) && !port.empty() &&
                                port.find_first_not_of("0123456789") == std::string_view::npos;
                       });
  }

  bool signed_in(const Request& request) const {
    const auto session = cookie(request, "as_session");
    return session && sessions_.contains(*session);
  }

  Actions login(const Call& call) {
    const Request& request = *call.request;
    const auto redirect_uri = query_value(request.target, "redirect_uri");
    if (!redirect_uri || redirect_uri->empty())
      return respond(html_response(400, "Cannot log in", "<p>redirect_uri is missing.</p>"));
    if (const auto origin = origin_of(*redirect_uri); !accepted(origin)) {
      Actions actions = respond(html_response(
          403, "Cannot log in", fmt::format("<p>The origin {} is not accepted.</p>", html_escape(origin))));
      actions.emplace_back(Note{"origin refused", nullptr});
      return actions;
    }
    const Destination destination{*redirect_uri, query_value(request.target, "state")};
    if (settings_.automatic || signed_in(request)) return deliver(destination);
    const auto ticket = "t_" + config_.random.alphanumeric(24);
    tickets_[ticket] = {destination, wall() + ticket_seconds};
    return respond(html_response(
        200, "Log in to WorldRouter",
        fmt::format("<form method=\"post\" action=\"{}/login/approve\">\n"
                    "<input type=\"hidden\" name=\"ticket\" value=\"{}\">\n"
                    "<p>Signing in as {}.</p>\n"
                    "<button type=\"submit\" name=\"decision\" value=\"approve\">Continue</button>\n"
                    "<button type=\"submit\" name=\"decision\" value=\"deny\">Cancel</button>\n</form>",
                    base_path(call.origin), ticket, html_escape(settings_.email))));
  }

  Actions approve(const Request& request) {
    auto fields = form_fields(request.body);
    const auto ticket = tickets_.extract(fields["ticket"]);
    const auto& decision = fields["decision"];
    if (ticket.empty() || ticket.mapped().expires <= wall() || (decision != "approve" && decision != "deny"))
      return respond(
          html_response(400, "Cannot log in", "<p>This page has expired. Start the login again.</p>"));
    const auto& destination = ticket.mapped().destination;
    if (decision == "deny" || settings_.deny) {
      Parameters parameters{{"error", "access_denied"}, {"error_description", "The user denied the request"}};
      add_state(parameters, destination);
      add_redirect_params(parameters);
      return redirect(destination, parameters);
    }
    const auto session = config_.random.alphanumeric(32);
    sessions_.insert(session);
    auto actions = deliver(destination);
    std::get<Respond>(actions.front())
        .response.headers.push_back(
            {"Set-Cookie", "as_session=" + session + "; Path=/; HttpOnly; SameSite=Lax"});
    return actions;
  }

  Actions check(const Call& call) {
    const Request& request = *call.request;
    const auto redirect_uri = query_value(request.target, "redirect_uri");
    const auto* header = find_header(request.headers, "Origin");
    if (header == nullptr && !redirect_uri)
      return respond(
          json_response(400, {{"error", "origin_missing"}, {"message", "Send Origin or redirect_uri"}}));
    const auto origin = header != nullptr ? *header : origin_of(*redirect_uri);
    if (!accepted(origin) || (redirect_uri && !accepted(origin_of(*redirect_uri))))
      return respond(
          json_response(403, {{"error", "origin_not_accepted"}, {"message", origin + " is not accepted"}}));
    if (redirect_uri && signed_in(request)) {
      auto actions = deliver({*redirect_uri, query_value(request.target, "state")});
      std::get<Respond>(actions.front()).response.status = 307;
      std::get<Respond>(actions.front()).response.reason = std::string(reason_phrase(307));
      return actions;
    }
    std::string query(request.target.substr(target_path(request.target).size()));
    return respond(redirect_response(307, base_path(call.origin) + "/login" + query));
  }

  Actions logout(const Request& request) {
    if (const auto session = cookie(request, "as_session"); session && sessions_.erase(*session) > 0)
      return respond(with_header(empty_response(204), "Set-Cookie", "as_session=; Path=/; Max-Age=0"));
    const auto token = parse_jwt(authorization(request, "Bearer").value_or(""));
    if (!token || !verify_rs256(*token, key_) || !token->claims.contains("jti"))
      return respond(json_response(401, {{"error", "unauthorized"}, {"message", "No session"}}));
    state_->signed_out.insert(token->claims["jti"].dump());
    return respond(empty_response(204));
  }

  void add_state(Parameters& parameters, const Destination& destination) const {
    if (settings_.state == "wrong") {
      parameters.emplace_back("state", "not-" + destination.state.value_or("state"));
    } else if (settings_.state == "echo" && destination.state) {
      parameters.emplace_back("state", *destination.state);
    }
  }

  Actions deliver(const Destination& destination) {
    Parameters parameters{{"token", issue()}};
    add_state(parameters, destination);
    add_redirect_params(parameters);
    return redirect(destination, parameters);
  }

  // What the case adds to the redirect, or says instead.
  void add_redirect_params(Parameters& parameters) const {
    for (const auto& [name, value] : settings_.redirect_params.items()) {
      std::erase_if(parameters, [&, &name = name](const auto& parameter) { return parameter.first == name; });
      parameters.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }

  Actions redirect(const Destination& destination, const Parameters& parameters) const {
    return respond(deliver_redirect(settings_.delivery, settings_.redirect_status, destination.redirect_uri,
                                    parameters));
  }

  std::string issue() {
    const auto now = wall() + whole_seconds(settings_.token.skew);
    nlohmann::json claims{{"iss", settings_.token.issuer},
                          {"sub", settings_.subject},
                          {"email", settings_.email},
                          {"aud", "worldrouter"},
                          {"iat", now},
                          {"nbf", now},
                          {"exp", now + whole_seconds(settings_.token.lifetime)},
                          {"jti", config_.random.hex(32)}};
    claims.update(settings_.token.claims);
    for (const auto& name : settings_.token.omit) claims.erase(name);
    const auto& kind = settings_.token.signature;
    last_token_ = kind == "none"        ? unsigned_jwt(claims)
                  : kind == "hs256"     ? sign_hs256(claims, key_.public_pem())
                  : kind == "wrong-key" ? sign_rs256(claims, issuer_key_id, foreign_)
                                        : sign_rs256(claims, issuer_key_id, key_);
    ++tokens_issued_;
    remember_secret(*state_, "login token", last_token_);
    return last_token_;
  }

  RsaKey key_;
  RsaKey foreign_;
  std::map<std::string, Ticket> tickets_;
  std::set<std::string> sessions_;
  std::string last_token_;
  std::uint64_t tokens_issued_ = 0;
};

}  // namespace

Result<std::unique_ptr<Fake>> make_auth_station(FakeConfig config, std::shared_ptr<WorldState> state) {
  return make_configured<AuthStation, AuthStationSettings>(std::move(config), std::move(state));
}

}  // namespace assay::fakes

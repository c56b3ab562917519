// The authorization endpoint: RFC 6749 sections 3.1 and 4.1, RFC 7636 section 4.3, RFC 9207.
#include <fmt/format.h>

#include <algorithm>

#include "fakes/oauth/rules.h"
#include "fakes/oauth/server.h"
#include "harness/base/text.h"

namespace assay::fakes {

constexpr std::int64_t ticket_seconds = 600;

// Errors that must not go to the redirect URI, because that is what is wrong (section 4.1.2.1).
Actions OAuthServer::page_error(std::string_view words) {
  return respond(html_response(400, "Authorization error", fmt::format("<p>{}</p>", html_escape(words))));
}

Actions OAuthServer::authorize(const Call& call, const Endpoint& endpoint) {
  const auto& target = call.request->target;
  std::string repeated;
  const auto query = target.find('?');
  auto fields = standard_fields(
      form_fields(query == std::string::npos ? "" : std::string_view(target).substr(query + 1), &repeated),
      endpoint);

  Authorization asked;
  asked.client = fields["client_id"];
  asked.redirect_uri = fields["redirect_uri"];
  const auto* client = find_client(asked.client);
  if (client == nullptr) return page_error("invalid_client: client is invalid");
  if (asked.redirect_uri.empty())
    return page_error("invalid_request: missing required parameter 'redirect_uri'");
  if (std::none_of(client->redirect_uris.begin(), client->redirect_uris.end(), [&](const auto& known) {
        return redirect_matches(known, asked.redirect_uri, settings_.exact_port);
      }))
    return page_error(
        "invalid_redirect_uri: redirect_uri did not match any of the client's registered redirect_uris");
  if (fields.contains("state")) asked.state = fields["state"];
  asked.delivery = !settings_.delivery.empty() ? settings_.delivery : fields["response_mode"];
  // Who asks for tokens in the redirect reads errors there too (RFC 6749 section 4.2.2.1).
  const auto type = fields.find("response_type");
  const bool implicit = type != fields.end() && type->second.find("token") != std::string::npos;
  if (asked.delivery.empty()) asked.delivery = implicit ? "fragment" : "query";

  const auto refuse = [&](const char* error, std::string description) {
    return redirect(call, asked, {{"error", error}, {"error_description", std::move(description)}});
  };
  if (asked.delivery != "query" && asked.delivery != "fragment" && asked.delivery != "form_post") {
    asked.delivery = "query";
    return refuse("unsupported_response_mode", "unsupported response_mode requested");
  }
  if (!repeated.empty())
    return refuse("invalid_request", fmt::format("'{}' parameter must not be provided twice", repeated));
  if (!fields.contains("response_type"))
    return refuse("invalid_request", "missing required parameter 'response_type'");
  if (fields["response_type"] != "code")
    return refuse("unsupported_response_type", "unsupported response_type requested");
  asked.scope = scope_of(fields);
  if (!scope_within(asked.scope, settings_.scopes))
    return refuse("invalid_scope", "requested scope is not allowed");
  asked.nonce = fields["nonce"];
  asked.challenge = fields["code_challenge"];
  asked.method = fields.contains("code_challenge_method") ? fields["code_challenge_method"] : "plain";
  if (asked.challenge.empty()) {
    if (fields.contains("code_challenge_method"))
      return refuse("invalid_request", "code_challenge must be provided with code_challenge_method");
    if (settings_.pkce_required)
      return refuse("invalid_request",
                    "Authorization Server policy requires PKCE to be used for this request");
  } else {
    const auto& methods = settings_.pkce_methods;
    if (std::find(methods.begin(), methods.end(), asked.method) == methods.end())
      return refuse("invalid_request", "not supported value of code_challenge_method");
    if (!challenge_well_formed(asked.challenge, asked.method))
      return refuse("invalid_request", "code_challenge is not 43 characters of unpadded base64url");
  }
  const auto prompt = fields.find("prompt");
  if (prompt != fields.end() && prompt->second == "none" && !settings_.automatic)
    return refuse("login_required", "End-User authentication is required");
  if (settings_.automatic) return grant_code(call, asked);

  const auto ticket = "t_" + config_.random.alphanumeric(24);
  const auto page = fmt::format(
      "<form method=\"post\" action=\"{}/authorize/approve\">\n"
      "<input type=\"hidden\" name=\"ticket\" value=\"{}\">\n"
      "<p>{} asks to sign in as {} ({}).</p>\n"
      "<button type=\"submit\" name=\"decision\" value=\"approve\">Allow</button>\n"
      "<button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button>\n</form>",
      base_path(call.origin), ticket, html_escape(asked.client), html_escape(settings_.email),
      html_escape(asked.scope));
  tickets_[ticket] = {std::move(asked), wall() + ticket_seconds};
  return respond(html_response(200, "Sign in", page));
}

Actions OAuthServer::approve(const Call& call) {
  auto fields = form_fields(call.request->body);
  const auto ticket = tickets_.extract(fields["ticket"]);
  const auto& decision = fields["decision"];
  if (ticket.empty() || ticket.mapped().expires <= wall() || (decision != "approve" && decision != "deny"))
    return page_error("This page has expired. Start the login again.");
  const auto& asked = ticket.mapped().authorization;
  if (decision == "deny" || settings_.deny)
    return redirect(call, asked,
                    {{"error", "access_denied"}, {"error_description", "End-User aborted interaction"}});
  return grant_code(call, asked);
}

Actions OAuthServer::grant_code(const Call& call, const Authorization& asked) {
  if (settings_.deny)
    return redirect(call, asked,
                    {{"error", "access_denied"}, {"error_description", "End-User aborted interaction"}});
  return redirect(call, asked, {{"code", new_code(asked)}});
}

std::string OAuthServer::new_code(const Authorization& authorization) {
  auto code = settings_.prefixes.code + config_.random.alphanumeric(32);
  remember_secret(*state_, "authorization code", code);
  codes_[code] = {authorization, wall() + whole_seconds(settings_.code_lifetime),
                  "family_" + config_.random.hex(16), false};
  return code;
}

Actions OAuthServer::redirect(const Call& call, const Authorization& asked, Parameters parameters) const {
  if (settings_.state == "wrong") {
    parameters.emplace_back("state", "not-" + asked.state.value_or("state"));
  } else if (settings_.state == "echo" && asked.state) {
    parameters.emplace_back("state", *asked.state);
  }
  if (settings_.issuer_parameter) parameters.emplace_back("iss", call.origin);
  for (const auto& [name, value] : settings_.redirect_params.items()) {
    std::erase_if(parameters, [&, n = name](const auto& known) { return known.first == n; });
    parameters.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return respond(deliver_redirect(asked.delivery, 303, asked.redirect_uri, parameters));
}

}  // namespace assay::fakes

#include <fmt/format.h>

#include "conformance/reference/callback.h"
#include "conformance/reference/errors.h"
#include "harness/base/text.h"

namespace assay::reference {

Parameters read_form(std::string_view form) {
  Parameters parameters;
  for (const std::string_view pair : split(form, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    parameters.emplace(form_decode(pair.substr(0, equals)), form_decode(value));
  }
  return parameters;
}

std::string write_form(const Parameters& parameters) {
  std::string form;
  for (const auto& [name, value] : parameters) {
    if (!form.empty()) form += '&';
    form += percent_encode(name) + '=' + percent_encode(value);
  }
  return form;
}

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t at = 0; at < a.size(); ++at)
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[at]) ^ static_cast<unsigned char>(b[at]));
  return difference == 0;
}

namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

// A page without subresources, so that the token in its address goes nowhere
// (oauth-login.token-in-query-leak).
Response page(int status, std::string_view title, std::string_view text, std::string_view script = "") {
  const std::string forget = "history.replaceState(null,'',location.pathname);";
  Response response = make_response(
      status, "text/html; charset=utf-8",
      fmt::format("<!doctype html><meta "
                  "charset=\"utf-8\"><title>{0}</title><h1>{0}</h1><p>{1}</p><script>{2}</script>\n",
                  escape_html(title), escape_html(text), script.empty() ? std::string_view(forget) : script));
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back(
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"});
  return response;
}

Response plain(int status, std::string_view text) {
  Response response = make_response(status, "text/plain; charset=utf-8", std::string(text) + "\n");
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

// CORS (Fetch) and Private Network Access: allowed to the login page's origin alone
// (oauth-login.preflight-consumed-as-callback, private-network-preflight-unanswered).
Response preflight(const CallbackRequest& request, const CallbackExpectation& expected) {
  const std::string* origin = find_header(request.headers, "origin");
  if (origin == nullptr || *origin != expected.allowed_origin) return plain(403, "not for this origin");
  Response response;
  response.status = 204;
  response.reason = reason_phrase(204);
  response.framing = BodyFraming::none;
  response.headers = {{"Access-Control-Allow-Origin", *origin},
                      {"Access-Control-Allow-Methods", "GET, POST"},
                      {"Access-Control-Allow-Headers", "content-type"},
                      {"Access-Control-Allow-Private-Network", "true"},
                      {"Access-Control-Allow-Local-Network", "true"},
                      {"Access-Control-Max-Age", "0"},
                      {"Vary", "Origin"}};
  return response;
}

CallbackDecision ignore(Response response) {
  return {CallbackDecision::Kind::ignore, std::move(response), {}};
}

}  // namespace

CallbackDecision route_callback(const CallbackRequest& request, const CallbackExpectation& expected) {
  if (target_path(request.target) != expected.path) return ignore(plain(404, "not found"));
  if (request.method == "OPTIONS") return ignore(preflight(request, expected));
  if (request.method != "GET" && request.method != "POST") return ignore(plain(405, "GET or POST"));
  if (request.method == "POST") {
    // A page of another origin may post here too; only the login page and our own relay page may.
    const std::string* origin = find_header(request.headers, "origin");
    const std::string* host = find_header(request.headers, "host");
    const bool own = origin != nullptr && host != nullptr && *origin == "http://" + *host;
    if (origin != nullptr && !own && *origin != expected.allowed_origin && *origin != "null")
      return ignore(plain(403, "not for this origin"));
  }
  const std::size_t query = request.target.find('?');
  Parameters parameters =
      read_form(query == std::string::npos ? "" : std::string_view(request.target).substr(query + 1));
  if (request.method == "POST")
    for (auto& [name, value] : read_form(request.body)) parameters.insert_or_assign(name, value);
  const auto value = [&](const std::string& name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  };
  const std::string state = value(expected.state_param);
  if (value(expected.result_param).empty() && value("error").empty()) {
    // Nothing for us, or it stayed behind '#': the page sends it again as a form of this origin
    // (oauth-login.bare-callback-path, fragment-token).
    return ignore(
        page(400, "Sign-in is not complete", "Waiting for the sign-in page to finish.",
             fmt::format("if(location.hash.length>1){{const f=document.createElement('form');f.method='post';"
                         "f.action='{}';new URLSearchParams(location.hash.slice(1)).forEach((v,k)=>{{const "
                         "i=document.createElement('input');i.type='hidden';i.name=k;i.value=v;"
                         "f.appendChild(i)}});document.body.appendChild(f);f.submit()}}",
                         expected.path)));
  }
  if (!same_secret(state, expected.state))
    return ignore(plain(400, "this sign-in link belongs to another attempt"));
  return {CallbackDecision::Kind::settle, {}, std::move(parameters)};
}

Response callback_page(const Outcome<nlohmann::json>& result) {
  if (result)
    return page(200, "Signed in", "You are signed in. You may close this window and go back to the program.");
  const int status = result.error().category == Category::authentication ? 400 : 502;
  return page(status, "Sign-in failed", result.error().message);
}

std::optional<Parameters> read_paste(const std::string& text, const CallbackExpectation& expected) {
  std::string joined;  // terminals wrap long lines
  for (const char c : text)
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') joined += c;
  if (joined.empty()) return {};
  Parameters parameters;
  if (joined.find("://") != std::string::npos || joined.starts_with('/') || joined.starts_with('?')) {
    const std::size_t mark = joined.find_first_of("?#");
    if (mark == std::string::npos) return {};
    parameters = read_form(std::string_view(joined).substr(mark + 1));
  } else if (const std::size_t hash = joined.find('#'); hash != std::string::npos) {
    parameters[expected.result_param] = joined.substr(0, hash);
    parameters[expected.state_param] = joined.substr(hash + 1);
  } else if (expected.result_param == "code") {
    // A bare code: PKCE binds it to this attempt (RFC 7636), so the state may be missing here.
    parameters[expected.result_param] = joined;
    parameters[expected.state_param] = expected.state;
  }
  const auto state = parameters.find(expected.state_param);
  if (state == parameters.end() || !same_secret(state->second, expected.state)) return {};
  if (parameters[expected.result_param].empty() && parameters["error"].empty()) return {};
  return parameters;
}

}  // namespace assay::reference

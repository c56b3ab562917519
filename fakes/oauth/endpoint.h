// The routes of the OAuth fake as values: what a path does, and in which shape the vendor has it. The
// standard ones are a table of these; `endpoints` of the settings puts a vendor's in their place (README.md).
//
// Values and pure functions: nothing here knows a vendor.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/common/settings.h"
#include "harness/base/exchange.h"
#include "harness/base/result.h"

namespace assay::fakes {

struct Endpoint {
  enum class Role {
    authorize,    // the page where a person signs in
    token,        // code, refresh token, device code or ID token for tokens
    device,       // starts the device flow
    device_code,  // answers a poll with an authorization code and its verifier, to be redeemed at `token`
    device_page,  // where a person types the user code
    code_page,    // a redirect URI of the vendor's own: shows the code that a person pastes
    revoke,
    registration,   // RFC 7591
    api_key,        // an API key for an access token
    session_token,  // a short-lived access token for another
    profile         // some JSON for an access token
  };
  std::string path;
  Role role = Role::token;
  std::string method;
  bool form = true;                             // bodies that it takes: application/x-www-form-urlencoded
  bool json = false;                            // ... and application/json
  std::map<std::string, std::string> fields;    // the vendor's name of a field → the standard one
  std::map<std::string, std::string> defaults;  // fields that a request need not have
  std::vector<std::string> requires_fields;     // with a code, beside what the standard demands
  bool redirect_uri_repeated = true;            // the token request repeats the redirect URI
  bool issues_key = false;                      // an API key in place of tokens
  nlohmann::json answer;                        // a template (fill); null = the standard answer
  nlohmann::json error_answer;                  // ... of errors
  std::map<std::string, int> error_status;      // by error code; "" = of all that are not named
  bool form_unless_json_accepted = false;       // the answer is form-encoded unless Accept has json
  std::string shows;                            // code_page: the text, "{code}#{state}"
  std::string redirect_uri;                     // device_code: of the code that it gives
  std::string scope;   // api_key, session_token, profile: what the access token must have
  Micros lifetime{0};  // of a session_token
};

using FormFields = std::map<std::string, std::string>;

// Each route below "/" and below "/oauth".
std::vector<Endpoint> standard_endpoints();
// `endpoints` of the settings: path → the name of a role, or a map with `does`. Mistakes go to `in`.
std::vector<Endpoint> read_endpoints(SettingsReader& in);

// The fields of a request body under their standard names, with the defaults of `endpoint`. An error is the
// description of an invalid_request: another content type, a body that is no object, a parameter twice.
Result<FormFields> fields_of(const Request& request, const Endpoint& endpoint);
// `fields` under their standard names, with the defaults.
FormFields standard_fields(const FormFields& fields, const Endpoint& endpoint);

// `shape` with every "{name}" replaced by that member of `values`: a text that is nothing else becomes the
// value itself, and goes away where there is none.
nlohmann::json fill(const nlohmann::json& shape, const nlohmann::json& values);
// Brings `response`, the standard answer of the endpoint, into the vendor's shape. `values`: what a template
// may name besides the members of that answer.
Response shaped(const Endpoint& endpoint, const Request& request, Response response, nlohmann::json values,
                std::int64_t wall_seconds);

}  // namespace assay::fakes

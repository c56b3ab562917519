#include "fakes/oauth/endpoint.h"

#include <algorithm>
#include <array>
#include <set>

#include "fakes/common/answers.h"
#include "harness/base/pattern.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using Role = Endpoint::Role;

struct Known {
  std::string_view name;
  Role role;
  std::string_view method;
  std::string_view path;  // the standard one; empty = there is none
};
constexpr std::array<Known, 11> roles = {{
    {"authorize", Role::authorize, "GET", "/authorize"},
    {"token", Role::token, "POST", "/token"},
    {"device", Role::device, "POST", "/device_authorization"},
    {"device_code", Role::device_code, "POST", ""},
    {"device_page", Role::device_page, "GET", "/device"},
    {"code_page", Role::code_page, "GET", ""},
    {"revoke", Role::revoke, "POST", "/revoke"},
    {"registration", Role::registration, "POST", "/register"},
    {"api_key", Role::api_key, "POST", ""},
    {"session_token", Role::session_token, "GET", ""},
    {"profile", Role::profile, "GET", ""},
}};

const Known* role_named(std::string_view name) {
  const auto* const found =
      std::find_if(roles.begin(), roles.end(), [&](const Known& known) { return known.name == name; });
  return found == roles.end() ? nullptr : found;
}

std::map<std::string, std::string> texts_of(SettingsReader& in, std::string_view name) {
  std::map<std::string, std::string> out;
  const json given = in.object(name);  // lives as long as the loop
  for (const auto& [key, value] : given.items()) {
    if (value.is_string()) {
      out[key] = value.get<std::string>();
    } else {
      in.wrong(name, "'" + std::string(name) + "' must be a map of texts");
    }
  }
  return out;
}

void read_error_status(SettingsReader& in, Endpoint& out) {
  if (!in.has("error_status")) return (void)in.any("error_status");
  const json value = in.any("error_status");
  const json map = value.is_number_integer() ? json{{"", value}} : value;
  for (const auto& [code, status] : map.items()) {
    if (map.is_object() && status.is_number_integer() && status >= 200 && status <= 599) {
      out.error_status[code] = status.get<int>();
    } else {
      in.wrong("error_status", "'error_status' must be a status, or a map from error codes to one");
    }
  }
}

// What a template may name: the members of the standard answers, and what is known beside them.
const std::set<std::string, std::less<>> template_names = {"access_token",
                                                           "token_type",
                                                           "expires_in",
                                                           "expires_at",
                                                           "expires_at_ms",
                                                           "expires_at_iso",
                                                           "refresh_token",
                                                           "scope",
                                                           "id_token",
                                                           "device_code",
                                                           "user_code",
                                                           "verification_uri",
                                                           "verification_uri_complete",
                                                           "interval",
                                                           "interval_text",
                                                           "authorization_code",
                                                           "code_verifier",
                                                           "code_challenge",
                                                           "api_key",
                                                           "sub",
                                                           "email",
                                                           "origin",
                                                           "error",
                                                           "error_description",
                                                           "code",
                                                           "state"};

// Calls `found(name, begin, end)` for each "{name}" of a text.
void each_name(const std::string& text, const auto& found) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const auto end = text.find('}', at);
    if (end == std::string::npos) return;
    found(text.substr(at + 1, end - at - 1), at, end + 1);
  }
}

std::string unknown_template_name(const json& shape) {
  std::string unknown;
  if (shape.is_string()) {
    each_name(shape.get<std::string>(), [&](const std::string& name, std::size_t, std::size_t) {
      if (!template_names.contains(name)) unknown = name;
    });
  } else if (shape.is_structured()) {
    for (const auto& item : shape)
      if (unknown.empty()) unknown = unknown_template_name(item);
  }
  return unknown;
}

json read_template(SettingsReader& in, std::string_view name) {
  auto shape = in.any(name);
  if (const auto unknown = unknown_template_name(shape); !unknown.empty())
    in.wrong(name,
             unknown_word("name in an answer", unknown, {template_names.begin(), template_names.end()}));
  return shape;
}

Endpoint plain(const Known& known, std::string path) {
  Endpoint out;
  out.path = std::move(path);
  out.role = known.role;
  out.method = known.method;
  return out;
}

Endpoint read_endpoint(SettingsReader& in, const std::string& path) {
  std::vector<std::string> names;
  for (const auto& known : roles) names.emplace_back(known.name);
  const auto does = in.text("does", "");
  const auto* known = role_named(does);
  if (known == nullptr) {
    in.wrong("does", unknown_word("thing that an endpoint does", does, names));
    known = roles.data();
  }
  auto out = plain(*known, path);
  out.method = in.text("method", out.method);
  const auto bodies = in.texts("body", {"form"});
  const auto takes = [&](const char* kind) {
    return std::find(bodies.begin(), bodies.end(), kind) != bodies.end();
  };
  out.form = takes("form");
  out.json = takes("json");
  if (static_cast<std::size_t>(out.form) + static_cast<std::size_t>(out.json) != bodies.size())
    in.wrong("body", "'body' must be form, json, or both");
  out.fields = texts_of(in, "fields");
  out.defaults = texts_of(in, "defaults");
  out.requires_fields = in.texts("requires", {});
  out.redirect_uri_repeated = in.choice("redirect_uri", "repeated", {"repeated", "optional"}) == "repeated";
  out.issues_key = in.choice("issues", "tokens", {"tokens", "key"}) == "key";
  out.answer = read_template(in, "answer");
  out.error_answer = read_template(in, "error_answer");
  read_error_status(in, out);
  out.form_unless_json_accepted = in.choice("encoding", "json", {"json", "accept"}) == "accept";
  out.shows = in.text("shows", "{code}");
  out.redirect_uri = in.text("code_redirect_uri", "");
  out.scope = in.text("scope", "");
  out.lifetime = in.duration("lifetime", std::chrono::minutes(30));
  return out;
}

}  // namespace

std::vector<Endpoint> standard_endpoints() {
  std::vector<Endpoint> out;
  for (const auto& known : roles) {
    if (known.path.empty()) continue;
    // Some providers keep these routes under /oauth.
    for (const char* prefix : {"", "/oauth"}) out.push_back(plain(known, prefix + std::string(known.path)));
  }
  return out;
}

std::vector<Endpoint> read_endpoints(SettingsReader& in) {
  std::vector<Endpoint> out;
  in.section("endpoints", [&](SettingsReader& all) {
    for (const auto& path : all.names()) {
      if (!path.starts_with('/')) all.wrong(path, "'" + path + "' must be a path that starts with /");
      if (const auto value = all.any(path); value.is_string()) {
        if (const auto* known = role_named(value.get_ref<const std::string&>())) {
          out.push_back(plain(*known, path));
          continue;
        }
        std::vector<std::string> names;
        for (const auto& known : roles) names.emplace_back(known.name);
        all.wrong(path, unknown_word("thing that an endpoint does", value.get<std::string>(), names));
        continue;
      }
      all.section(path, [&](SettingsReader& one) { out.push_back(read_endpoint(one, path)); });
    }
  });
  return out;
}

FormFields standard_fields(const FormFields& fields, const Endpoint& endpoint) {
  FormFields out = endpoint.defaults;
  for (const auto& [name, value] : fields) {
    const auto renamed = endpoint.fields.find(name);
    out[renamed == endpoint.fields.end() ? name : renamed->second] = value;
  }
  return out;
}

Result<FormFields> fields_of(const Request& request, const Endpoint& endpoint) {
  const auto* type = find_header(request.headers, "Content-Type");
  const std::string_view kind = type == nullptr ? "" : trim(split(*type, ';').front());
  if (endpoint.form && iequals(kind, "application/x-www-form-urlencoded")) {
    std::string repeated;
    auto fields = form_fields(request.body, &repeated);
    if (!repeated.empty()) return fail("'" + repeated + "' parameter must not be provided twice");
    return standard_fields(fields, endpoint);
  }
  if (endpoint.json && iequals(kind, "application/json")) {
    const auto body = json_body(request);
    if (!body.is_object()) return fail("failed to parse the request body");
    FormFields fields;
    for (const auto& [name, value] : body.items())
      if (value.is_primitive() && !value.is_null())
        fields[name] = value.is_string() ? value.get<std::string>() : value.dump();
    return standard_fields(fields, endpoint);
  }
  return fail(!endpoint.json   ? "only application/x-www-form-urlencoded content-type bodies are supported"
              : !endpoint.form ? "only application/json content-type bodies are supported"
                               : "only form and JSON bodies are supported");
}

json fill(const json& shape, const json& values) {
  if (shape.is_string()) {
    const auto& text = shape.get_ref<const std::string&>();
    json whole = shape;
    std::string out;
    std::size_t done = 0;
    each_name(text, [&](const std::string& name, std::size_t begin, std::size_t end) {
      const auto found = values.find(name);
      if (begin == 0 && end == text.size())
        whole = found == values.end() ? json(json::value_t::discarded) : *found;
      out += text.substr(done, begin - done);
      if (found != values.end()) out += found->is_string() ? found->get<std::string>() : found->dump();
      done = end;
    });
    if (!whole.is_string() || whole != shape) return whole;
    return out + text.substr(done);
  }
  if (shape.is_object()) {
    json out = json::object();
    for (const auto& [key, item] : shape.items())
      if (auto filled = fill(item, values); !filled.is_discarded()) out[key] = std::move(filled);
    return out;
  }
  if (shape.is_array()) {
    json out = json::array();
    for (const auto& item : shape)
      if (auto filled = fill(item, values); !filled.is_discarded()) out.push_back(std::move(filled));
    return out;
  }
  return shape;
}

}  // namespace assay::fakes

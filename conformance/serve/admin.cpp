#include "conformance/serve/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "conformance/serve/admin_call.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"

namespace assay::serve {

extern const std::string_view admin_openapi_yaml;  // compiled in from docs

namespace {

using nlohmann::json;

Response welcome(const AdminCall& call) {
  return json_answer(200, {{"service", "assay serve"},
                           {"description", call.url + "/openapi.yaml"},
                           {"worlds", call.url + "/worlds"}});
}

Response describe_yaml(const AdminCall&) {
  return text_answer("application/yaml", std::string(admin_openapi_yaml));
}

Response describe_json(const AdminCall&) {
  const auto document = load_yaml(admin_openapi_yaml, "admin.openapi.yaml");
  if (!document) throw std::logic_error(document.error().text());
  return json_answer(200, document->value);
}

struct Route {
  const char* method;
  const char* path;
  Response (*go)(const AdminCall&);
};

constexpr Route kRoutes[] = {
    {"GET", "/", welcome},
    {"GET", "/openapi.yaml", describe_yaml},
    {"GET", "/openapi.json", describe_json},
    {"GET", "/scenarios", list_scenarios},
    {"GET", "/faults", list_faults},
    {"GET", "/worlds", list_worlds},
    {"POST", "/worlds", create_world},
    {"GET", "/worlds/{world}", show_world},
    {"DELETE", "/worlds/{world}", remove_world},
    {"POST", "/worlds/{world}/reset", reset_world},
    {"PUT", "/worlds/{world}/scenario", set_scenario},
    {"GET", "/worlds/{world}/faults", show_faults},
    {"PUT", "/worlds/{world}/faults/{fake}", set_faults},
    {"DELETE", "/worlds/{world}/faults/{fake}", clear_faults},
    {"GET", "/worlds/{world}/settings/{setting}", show_setting},
    {"PUT", "/worlds/{world}/settings/{setting}", set_setting},
    {"POST", "/worlds/{world}/release", release_hold},
    {"GET", "/worlds/{world}/strict", show_strict},
    {"GET", "/worlds/{world}/clock", show_clock},
    {"POST", "/worlds/{world}/clock", advance_clock},
    {"GET", "/worlds/{world}/journal", show_journal},
    {"GET", "/worlds/{world}/journal/wait", wait_journal},
    {"GET", "/worlds/{world}/exports", show_exports},
    {"GET", "/worlds/{world}/clients/{client}", show_client},
};

// The values of a path's {names}; nullopt when it does not fit.
std::optional<std::map<std::string, std::string>> fit(std::string_view pattern, std::string_view path) {
  const auto wanted = split(pattern, '/'), given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{') && !given[i].empty()) {
      std::string value(given[i]);
      std::replace(value.begin(), value.end(), '+', ' ');  // a plus is a plus in a path
      value = form_decode(given[i].find('+') == std::string_view::npos ? given[i] : value);
      values[std::string(wanted[i].substr(1, wanted[i].size() - 2))] = std::move(value);
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return values;
}

Response refused(int status, const std::string& message) {
  return json_answer(status, {{"error", {{"status", status}, {"message", message}}}});
}

// "http://127.0.0.1:4711" of a page that this API itself served, by the Host it was asked as.
bool is_own_origin(std::string_view origin, const Request& request) {
  const std::string* host = find_header(request.headers, "host");
  return host != nullptr && origin == "http://" + *host;
}

bool declares_json(const Request& request) {
  const std::string* type = find_header(request.headers, "content-type");
  if (type == nullptr) return false;
  return to_lower(trim(std::string_view(*type).substr(0, type->find(';')))) == "application/json";
}

// Compares in a time that does not depend on where they differ.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differ |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
  return differ == 0;
}

bool carries(const Request& request, const std::string& token) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string* given = find_header(request.headers, "authorization");
  return given != nullptr && to_lower(std::string_view(*given).substr(0, kScheme.size())) == kScheme &&
         same_secret(trim(std::string_view(*given).substr(kScheme.size())), token);
}

// Why this request is not answered whatever it asks for; nullopt when it is.
std::optional<Response> unwelcome(const Request& request, const std::string& token) {
  const std::string* origin = find_header(request.headers, "origin");
  if (origin != nullptr && !is_own_origin(*origin, request))
    return refused(403, "requests of web pages are refused: the Origin is not this API's own");
  const std::string* site = find_header(request.headers, "sec-fetch-site");
  if (site != nullptr && *site != "same-origin" && *site != "none")
    return refused(403, "requests of web pages are refused: Sec-Fetch-Site is not same-origin");
  if (!token.empty() && !carries(request, token)) {
    Response out = refused(401, "expected Authorization: Bearer and the token that assay serve was given");
    out.headers.push_back({"WWW-Authenticate", "Bearer"});
    return out;
  }
  if (!request.body.empty() && !declares_json(request))
    return refused(415, "expected a body with Content-Type: application/json");
  return std::nullopt;
}

}  // namespace

Admin::Admin(Worlds& worlds, std::string data_folder, std::string url)
    : worlds_(worlds), data_(std::move(data_folder)), url_(std::move(url)) {}

Response Admin::answer(const Request& request, const std::function<bool()>& gone) const {
  if (auto refusal = unwelcome(request, token_)) return std::move(*refusal);
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  const std::string_view path = target_path(request.target);
  std::string allowed;
  for (const Route& route : kRoutes) {
    auto values = fit(route.path, path);
    if (!values) continue;
    if (method != route.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    try {
      return route.go({worlds_, data_, url_, request, std::move(*values), gone, waits_});
    } catch (const Refused& why) {
      return refused(why.status, why.message);
    }
  }
  if (allowed.empty())
    return refused(
        404, fmt::format("there is no {}; {}/openapi.yaml says what there is", path.substr(0, 200), url_));
  Response out =
      refused(405, fmt::format("{} is not a method of {}, only {}", request.method, path, allowed));
  out.headers.push_back({"Allow", allowed});
  return out;
}

std::vector<std::pair<std::string, std::string>> Admin::routes() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Route& route : kRoutes) out.emplace_back(route.method, route.path);
  return out;
}

std::string_view openapi_yaml() {
  return admin_openapi_yaml;
}

}  // namespace assay::serve

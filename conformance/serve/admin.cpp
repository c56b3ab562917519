#include "conformance/serve/admin.h"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

Admin::Admin(Worlds& worlds, std::string data_folder, std::string url)
    : worlds_(worlds), data_(std::move(data_folder)), url_(std::move(url)) {}

Response Admin::answer(const Request& request) const {
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
      return route.go({worlds_, data_, url_, request, std::move(*values)});
    } catch (const Refused& why) {
      return refused(why.status, why.message);
    }
  }
  if (allowed.empty())
    return refused(404, fmt::format("there is no {}; {}/openapi.yaml says what there is", path, url_));
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

// The vendor's shape of an answer: status, members and encoding.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "fakes/common/answers.h"
#include "fakes/oauth/endpoint.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

// {"access_token": "...", "expires_in": 3600} as a form: nested members are left out, as such servers do.
std::string as_form(const json& body) {
  std::string out;
  for (const auto& [name, value] : body.items()) {
    if (value.is_structured()) continue;
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" +
           percent_encode(value.is_string() ? value.get<std::string>()
                          : value.is_null() ? ""
                                            : value.dump());
  }
  return out;
}

// Other spellings of what the standard answer says.
void add_spellings(json& values, std::int64_t wall_seconds) {
  constexpr std::int64_t ms = 1000;
  if (const auto life = values.find("expires_in"); life != values.end() && life->is_number_integer()) {
    const auto at = wall_seconds + life->get<std::int64_t>();
    values["expires_at"] = at;
    values["expires_at_ms"] = at * ms;
    values["expires_at_iso"] =
        fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(at)));
  }
  if (const auto interval = values.find("interval"); interval != values.end())
    values["interval_text"] = interval->dump();
}

}  // namespace

Response shaped(const Endpoint& endpoint, const Request& request, Response response, json values,
                std::int64_t wall_seconds) {
  const auto* type = find_header(response.headers, "Content-Type");
  if (type == nullptr || *type != "application/json") return response;
  json body = parse_untrusted(body_bytes(response));
  if (!body.is_object()) return response;
  values.update(body);
  add_spellings(values, wall_seconds);
  if (response.status >= 400) {
    const auto code =
        body.contains("error") && body["error"].is_string() ? body["error"].get<std::string>() : "";
    for (const auto& key : {code, std::string()}) {
      const auto status = endpoint.error_status.find(key);
      if (status == endpoint.error_status.end()) continue;
      response.status = status->second;
      response.reason = std::string(reason_phrase(response.status));
      break;
    }
    if (!endpoint.error_answer.is_null()) body = fill(endpoint.error_answer, values);
  } else if (!endpoint.answer.is_null()) {
    body = fill(endpoint.answer, values);
  }
  std::string bytes = body.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto* accept = find_header(request.headers, "Accept");
  if (endpoint.form_unless_json_accepted &&
      (accept == nullptr || accept->find("json") == std::string::npos)) {
    bytes = as_form(body);
    set_header(response.headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  }
  response.body = {Chunk{std::move(bytes), Micros(0)}};
  return response;
}

}  // namespace assay::fakes

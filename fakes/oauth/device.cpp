// The device flow: RFC 8628.
#include <fmt/format.h>

#include <algorithm>

#include "fakes/oauth/rules.h"
#include "fakes/oauth/server.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

std::int64_t seconds(Micros d) {
  return std::chrono::ceil<std::chrono::seconds>(d).count();
}

constexpr Micros usual_interval = std::chrono::seconds(5);  // section 3.2, when none is given
constexpr Micros slow_down_step = std::chrono::seconds(5);  // section 3.5

std::string user_code_of(std::string letters) {
  std::transform(letters.begin(), letters.end(), letters.begin(),
                 [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); });
  return letters.substr(0, 4) + "-" + letters.substr(4, 4);
}

// What a user types may differ in case and dashes (section 6.1).
std::string plain(std::string_view user_code) {
  std::string out;
  for (const char c : to_lower(user_code))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

}  // namespace

Actions OAuthServer::start_device(const Asked& asked) {
  const Call& call = asked.call;
  Device device;
  device.client = asked.client;
  device.scope = scope_of(asked.fields);
  if (!scope_within(device.scope, settings_.scopes))
    return respond(oauth_error(400, "invalid_scope", "requested scope is not allowed"));
  device.user_code = user_code_of(config_.random.alphanumeric(8));
  device.expires = wall() + seconds(settings_.device_lifetime);
  device.interval = settings_.interval.value_or(usual_interval);
  const auto code = settings_.prefixes.device + config_.random.alphanumeric(32);
  last_user_code_ = device.user_code;
  const auto page = call.origin + path_of(Endpoint::Role::device_page);
  json answer{{"device_code", code},
              {"user_code", device.user_code},
              {"verification_uri", page},
              {"verification_uri_complete", page + "?user_code=" + device.user_code},
              {"expires_in", seconds(settings_.device_lifetime)}};
  if (settings_.interval) answer["interval"] = seconds(*settings_.interval);
  remember_secret(*state_, "device code", code);
  devices_[code] = std::move(device);
  return respond(with_header(json_response(200, answer), "Cache-Control", "no-store"));
}

Actions OAuthServer::device_page(const Call& call) {
  const Request& request = *call.request;
  const auto code = query_value(request.target, "user_code").value_or("");
  return respond(html_response(
      200, "Connect a device",
      fmt::format("<form method=\"post\" action=\"{}/device/approve\">\n"
                  "<input type=\"text\" name=\"user_code\" value=\"{}\">\n"
                  "<button type=\"submit\" name=\"decision\" value=\"approve\">Allow</button>\n"
                  "<button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button>\n</form>",
                  base_path(call.origin), html_escape(code))));
}

Actions OAuthServer::decide_device(const Request& request) {
  auto fields = form_fields(request.body);
  const auto wanted = plain(fields["user_code"]);
  const auto& decision = fields["decision"];
  for (auto& [code, device] : devices_) {
    if (plain(device.user_code) != wanted || device.decision != Device::Decision::none ||
        device.expires <= wall())
      continue;
    if (decision != "approve" && decision != "deny") break;
    const bool approved = decision == "approve" && !settings_.deny;
    device.decision = approved ? Device::Decision::approved : Device::Decision::denied;
    return respond(html_response(200, approved ? "Device connected" : "Device refused",
                                 "<p>You may close this page.</p>"));
  }
  return page_error("The code is unknown or has expired.");
}

Actions OAuthServer::poll_device(const Asked& asked) {
  const auto& fields = asked.fields;
  const auto refuse = [](std::string_view error, std::string_view why) {
    return respond(oauth_error(400, error, why));
  };
  const auto code = fields.find("device_code");
  if (code == fields.end()) return refuse("invalid_request", "missing required parameter 'device_code'");
  const auto found = devices_.find(code->second);
  if (found == devices_.end()) return refuse("invalid_grant", "device code not found");
  auto& device = found->second;
  if (!asked.client.empty() && device.client != asked.client)
    return refuse("invalid_grant", "client mismatch");
  if (const auto shown = fields.find("user_code");
      shown != fields.end() && plain(shown->second) != plain(device.user_code))
    return refuse("invalid_grant", "user code mismatch");
  if (device.decision == Device::Decision::redeemed)
    return refuse("invalid_grant", "device code already consumed");
  if (device.expires <= wall()) return refuse("expired_token", "device code is expired");

  const auto now = config_.clock->now();
  const bool early = device.last_poll && now - *device.last_poll < device.interval;
  device.last_poll = now;
  DeviceAnswer answer = device.decision == Device::Decision::approved ? DeviceAnswer::ok
                        : device.decision == Device::Decision::denied ? DeviceAnswer::denied
                        : early                                       ? DeviceAnswer::slow_down
                                                                      : DeviceAnswer::pending;
  if (!settings_.device.empty())
    answer = settings_.device[std::min(device.polls, settings_.device.size() - 1)];
  ++device.polls;
  switch (answer) {
    case DeviceAnswer::pending:
      return refuse("authorization_pending",
                    "authorization request is still pending as the end-user hasn't yet completed "
                    "the user interaction steps");
    case DeviceAnswer::slow_down: {
      json body{{"error", "slow_down"},
                {"error_description", "you are polling too quickly and should back off"}};
      device.interval += slow_down_step;
      if (settings_.slow_down_interval) {
        device.interval = *settings_.slow_down_interval;
        body["interval"] = seconds(device.interval);
      }
      return respond(with_header(json_response(400, body), "Cache-Control", "no-store"));
    }
    case DeviceAnswer::denied:
      return refuse("access_denied", "End-User aborted interaction");
    case DeviceAnswer::expired:
      return refuse("expired_token", "device code is expired");
    case DeviceAnswer::ok:
      break;
  }
  device.decision = Device::Decision::redeemed;
  if (asked.endpoint.role == Endpoint::Role::device_code) return give_device_code(device, asked.endpoint);
  const auto family = "family_" + config_.random.hex(16);
  return token_answer(hand_out(
      asked.call, {device.client, settings_.granted_scope.value_or(device.scope), family, "", true}));
}

}  // namespace assay::fakes

#include "conformance/runner/client/acp_talk.h"
#include "harness/base/untrusted_json.h"

#include <nlohmann/json.hpp>

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr int kMethodNotFound = -32601;  // JSON-RPC 2.0, section 5.1

std::string line_of(json message) {
  message["jsonrpc"] = "2.0";
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string request(int id, const char* method, json params) {
  return line_of({{"id", id}, {"method", method}, {"params", std::move(params)}});
}

// A permission is refused by the option that says so, or, where there is none, by no choice at all.
json refusal(const json& params) {
  const json options = params.is_object() ? params.value("options", json::array()) : json::array();
  for (const json& option : options.is_array() ? options : json::array()) {
    if (option.is_object() && option.value("kind", "").starts_with("reject") && option.contains("optionId"))
      return {{"outcome", {{"outcome", "selected"}, {"optionId", option["optionId"]}}}};
  }
  return {{"outcome", {{"outcome", "cancelled"}}}};
}

}  // namespace

AcpTalk::AcpTalk(std::string prompt, std::string folder, std::string session)
    : prompt_(std::move(prompt)), folder_(std::move(folder)), session_(std::move(session)) {}

std::vector<std::string> AcpTalk::begin() const {
  return {request(kAcpInitialize, "initialize",
                  {{"protocolVersion", kVersion},
                   {"clientCapabilities",
                    {{"fs", {{"readTextFile", false}, {"writeTextFile", false}}}, {"terminal", false}}}})};
}

std::vector<std::string> AcpTalk::take(std::string_view line) {
  const json message = parse_untrusted(line);
  if (!message.is_object()) return {};
  const bool has_id = message.contains("id") && !message["id"].is_null();
  if (message.contains("method")) {
    if (!has_id) return {};  // a notification wants no answer
    if (message["method"] == "session/request_permission")
      return {line_of({{"id", message["id"]}, {"result", refusal(message.value("params", json()))}})};
    return {
        line_of({{"id", message["id"]}, {"error", {{"code", kMethodNotFound}, {"message", "not offered"}}}})};
  }
  if (!has_id || !message["id"].is_number_integer()) return {};
  return after_answer(message["id"].get<int>(), message);
}

std::vector<std::string> AcpTalk::after_answer(int id, const json& message) {
  if (over_ || !message.contains("result") || id == kAcpPrompt) {
    over_ = true;
    return {};
  }
  json place = {{"cwd", folder_}, {"mcpServers", json::array()}};
  if (id == kAcpInitialize) {
    if (session_.empty()) return {request(kAcpSession, "session/new", std::move(place))};
    place["sessionId"] = session_;
    return {request(kAcpSession, "session/load", std::move(place))};
  }
  if (id != kAcpSession) return {};
  const json& result = message["result"];
  if (session_.empty() && result.is_object()) session_ = result.value("sessionId", "");
  if (session_.empty()) {
    over_ = true;
    return {};
  }
  return {request(kAcpPrompt, "session/prompt",
                  {{"sessionId", session_}, {"prompt", {{{"type", "text"}, {"text", prompt_}}}}})};
}

}  // namespace assay::conformance

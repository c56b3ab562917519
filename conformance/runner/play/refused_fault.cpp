#include "conformance/runner/play/refused_fault.h"

#include <algorithm>

#include "fakes/inference-api/routes.h"

namespace assay::conformance {

using nlohmann::json;

std::string refused_by_client(const JournalEntry& refused,
                              const std::vector<std::shared_ptr<const JournalEntry>>& journal,
                              const json& provider, const std::string& profile) {
  if (refused.detail.value("connection_closes", false))
    return "the client keeps no connection alive (Connection: close or HTTP/1.0), and the fault needs one: " +
           refused.text;
  if (!profile.empty() && refused.text.find("it changes nothing of this answer") != std::string::npos)
    return "the answers of " + profile + " are so by themselves: " + refused.text;
  const auto asked = std::find_if(journal.begin(), journal.end(), [&](const auto& entry) {
    return entry->request && entry->exchange == refused.exchange;
  });
  if (refused.exchange == 0 || asked == journal.end()) return {};
  const Request& request = *(*asked)->request;
  const auto route = fakes::find_route(request, {provider.value("api_base_path", "/v1")});
  if (route.kind != fakes::Route::Kind::chat && route.kind != fakes::Route::Kind::websocket) return {};
  const json body = json::parse(request.body, nullptr, false);
  const json* stream = body.is_object() && body.contains("stream") ? &body["stream"] : nullptr;
  if (!route.streams && (stream == nullptr || *stream != true))
    return "the client asked for an answer without a stream: " + refused.text;
  const std::string protocol(stream::protocol_name(route.protocol));
  const std::string usual = provider.value("default_api", "openai-chat");
  if (protocol == usual) return {};
  return "the client speaks " + protocol + ", and the fault does not apply to its answers: " + refused.text;
}

}  // namespace assay::conformance

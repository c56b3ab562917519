#include "probe/rules/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/stream/framing/framing.h"
#include "harness/world/condition.h"

namespace assay::probe {

using nlohmann::json;

std::string no_answer(const Answer& answer) {
  return fmt::format("did not answer ({}: {})", http::to_string(answer.outcome.end), answer.outcome.message);
}

std::string opening(const Answer& answer) {
  constexpr std::size_t most = 160;
  return answer.body.empty() ? "an empty body" : stream::shown(answer.body, most);
}

std::string answered(const Answer& answer) {
  if (answer.status() == 0) return no_answer(answer);
  return fmt::format("answered {} with {}", answer.status(), opening(answer));
}

std::string list_of_few(const std::vector<std::string>& problems) {
  constexpr std::size_t shown = 3;
  const std::size_t count = std::min(shown, problems.size());
  std::string out =
      fmt::format("{}", fmt::join(problems.begin(), problems.begin() + static_cast<long>(count), "; "));
  if (problems.size() > shown) out += fmt::format("; and {} more", problems.size() - shown);
  return out;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 120;
  return "\"" + stream::shown(text, most) + "\"";
}

const json& parameter_for(const json& parameter, stream::Protocol protocol) {
  if (!parameter.is_object()) return parameter;
  const auto own = parameter.find(protocol_name(protocol));
  const auto rest = parameter.find("else");
  return own != parameter.end() ? *own : rest != parameter.end() ? *rest : parameter;
}

std::string text_at(const json& value, const char* pointer) {
  const json* found = value.is_structured() ? at_pointer(value, pointer) : nullptr;
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

std::optional<std::int64_t> number_at(const json& value, const char* pointer) {
  const json* found = value.is_structured() ? at_pointer(value, pointer) : nullptr;
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::string payload_type(const json& payload) {
  const std::string type = text_at(payload, "/type");
  return type.empty() ? text_at(payload, "/event_type") : type;
}

std::string type_of(const Event& event) {
  const std::string type = payload_type(event.json);
  return type.empty() ? event.type : type;
}

bool is_busy(int status) {
  return status == 402 || status == 429 || status == 503 || status == 529;
}

std::vector<std::string> model_names(const json& list) {
  std::vector<std::string> names;
  if (!list.is_object()) return names;
  for (const char* key : {"data", "models"}) {
    const auto found = list.find(key);
    if (found == list.end() || !found->is_array()) continue;
    for (const json& model : *found) {
      if (!model.is_object()) continue;
      for (const char* name : {"id", "name"}) {
        const auto value = model.find(name);
        if (value == model.end() || !value->is_string()) continue;
        names.push_back(value->get<std::string>());
        break;
      }
    }
  }
  return names;
}

}  // namespace assay::probe

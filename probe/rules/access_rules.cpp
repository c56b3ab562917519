// Rules about who may ask, and about how an endpoint says no.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;

bool is_one_of(int status, const json& wanted) {
  if (wanted.is_array())
    return std::any_of(wanted.begin(), wanted.end(), [&](const json& one) { return is_one_of(status, one); });
  if (wanted.is_number_integer()) return status == wanted.get<int>();
  // "4xx"
  return wanted.is_string() && wanted.get_ref<const std::string&>() == fmt::format("{}xx", status / 100);
}

Finding status(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (answer.status() == 0) return unknown(no_answer(answer));
  if (is_one_of(answer.status(), parameter_for(in.parameter, in.target.protocol)))
    return holds(fmt::format("answered {}", answer.status()));
  if (is_busy(answer.status())) return unknown(answered(answer));
  return broken(answered(answer));
}

// An error that clients of the protocol can show: in its shape, with words for a person.
Finding error_shape(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (answer.status() == 0) return unknown(no_answer(answer));
  if (answer.status() < 400) return unknown(fmt::format("answered {}, which is no error", answer.status()));
  if (answer.json.is_discarded())
    return broken(
        fmt::format("answered {} with a body that is no JSON ({})", answer.status(), opening(answer)));
  const Shape* shape = in.shapes.find(in.target.protocol, "error");
  if (shape == nullptr) return unknown("no shape of errors is known for this protocol");
  json error = answer.json;
  // AWS spells it in both ways, and its SDKs read both.
  if (in.target.protocol == stream::Protocol::bedrock && error.is_object() && error.contains("Message"))
    error["message"] = error["Message"];
  const auto problems = shape_problems(*shape, error);
  if (problems.empty()) return holds();
  return broken(
      fmt::format("answered {} with {}: {}", answer.status(), opening(answer), list_of_few(problems)));
}

// Errors say that they are JSON, so that clients parse them.
Finding error_type(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (answer.status() == 0) return unknown(no_answer(answer));
  if (answer.status() < 400) return unknown(fmt::format("answered {}, which is no error", answer.status()));
  const std::string* type = answer.header("content-type");
  if (type == nullptr) return broken(fmt::format("answered {} without Content-Type", answer.status()));
  if (to_lower(*type).starts_with("application/json")) return holds();
  return broken(fmt::format("answered {} with Content-Type {}", answer.status(), in_quotes(*type)));
}

// Neither head nor body may hold a key, for both are logged and pasted.
Finding without_key(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (!answer.outcome.head) return unknown(no_answer(answer));
  std::vector<std::string> keys;
  for (const Header& header : answer.request.headers) {
    const std::string name = to_lower(header.name);
    if (name == "x-api-key" || name == "x-goog-api-key") keys.push_back(header.value);
    if (name == "authorization" && header.value.starts_with("Bearer "))
      keys.push_back(header.value.substr(7));
  }
  constexpr std::size_t shortest = 8;
  const bool sent =
      std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.size() >= shortest; });
  if (!sent) return unknown("no key was sent");
  for (const std::string& key : keys) {
    if (key.size() < shortest) continue;
    if (answer.body.find(key) != std::string::npos)
      return broken(fmt::format("answered {} and repeated the API key in the body", answer.status()));
    for (const Header& header : answer.outcome.head->headers)
      if (header.value.find(key) != std::string::npos)
        return broken(fmt::format("answered {} and repeated the API key in the header {}", answer.status(),
                                  header.name));
  }
  return holds();
}

// The list of models names the one under test.
Finding lists_model(const RuleInput& in) {
  const auto names = model_names(in.answer.json);
  if (names.empty()) return broken("listed no models");
  const auto same = [&](const std::string& name) {
    // Gemini's names have a collection, Ollama's a tag that may be left out.
    return name == in.target.model || name == "models/" + in.target.model ||
           name == in.target.model + ":latest";
  };
  if (std::any_of(names.begin(), names.end(), same))
    return holds(fmt::format("listed {} models", names.size()));
  return broken(
      fmt::format("listed {} models, but not \"{}\", which answers", names.size(), in.target.model));
}

}  // namespace

std::vector<RuleEntry> access_rules() {
  return {{"status", "The status is this one, one of these, or 4xx", Parameter::any, status, true},
          {"error_shape", "The error is in the protocol's shape", Parameter::flag, error_shape, true},
          {"error_type", "The error has Content-Type application/json", Parameter::flag, error_type, true},
          {"without_key", "The answer does not repeat the key", Parameter::flag, without_key, true},
          {"lists_model", "The list of models names the model under test", Parameter::flag, lists_model}};
}

}  // namespace assay::probe

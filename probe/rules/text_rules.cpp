// Rules about what the answer says: text, reasoning, JSON, UTF-8.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

Finding text_contains(const RuleInput& in) {
  std::string wanted = in.parameter.get<std::string>();
  if (const auto at = wanted.find("${nonce}"); at != std::string::npos) wanted.replace(at, 8, in.nonce);
  const std::string text = text_of(in.answer.turn);
  if (text.find(wanted) != std::string::npos) return holds();
  return broken(fmt::format("said {}, without {}", in_quotes(text), in_quotes(wanted)));
}

Finding text_without(const RuleInput& in) {
  const std::string wanted = in.parameter.get<std::string>();
  const std::string text = text_of(in.answer.turn);
  if (text.empty()) return unknown("said nothing");
  if (text.find(wanted) == std::string::npos) return holds();
  return broken(fmt::format("said {}, with {} in it", in_quotes(text), in_quotes(wanted)));
}

// Whatever a model says arrives as UTF-8, without characters that got lost on the way.
Finding utf8(const RuleInput& in) {
  // The frames of an event stream are no text; what they carry is.
  std::string text = in.answer.body;
  if (in.answer.streamed && framing_of(in.target.protocol) == stream::Framing::eventstream) {
    text.clear();
    for (const Event& event : in.answer.events) text += event.data;
  }
  if (!is_utf8(text)) return broken("answered with bytes that are not UTF-8");
  if (text.find(kReplacement) != std::string::npos || to_lower(text).find("\\ufffd") != std::string::npos)
    return broken("answered with U+FFFD, the sign of a character that was cut or read in the wrong encoding");
  return holds();
}

Finding reasoning(const RuleInput& in) {
  if (!reasoning_of(in.answer.turn).empty()) return holds();
  const std::string text = text_of(in.answer.turn);
  for (const char* mark : {"<think>", "<thinking>", "<|channel|>"})
    if (text.find(mark) != std::string::npos)
      return broken(fmt::format("put its reasoning into the text of the answer: {}", in_quotes(text)));
  return unknown("showed no reasoning");
}

// The text is one JSON object with these members.
Finding json_text(const RuleInput& in) {
  const std::string text = text_of(in.answer.turn);
  const json value = parse_untrusted(trim(text));
  if (!value.is_object()) return broken(fmt::format("said {}, which is no JSON object", in_quotes(text)));
  for (const json& member : in.parameter)
    if (!value.contains(member.get<std::string>()))
      return broken(fmt::format("said {}, without {}", in_quotes(text), member.dump()));
  return holds();
}

// Each of the answers that were asked for at the same time says its own marker (the parameter and the name of
// its request), and no other's.
Finding own_marker(const RuleInput& in) {
  const std::string prefix = in.parameter.get<std::string>();
  std::size_t own = 0;
  for (const auto& [name, answer] : in.answers) {
    const std::string text = text_of(answer.turn);
    for (const auto& other : in.answers) {
      const std::string marker = prefix + other.first;
      if (text.find(marker) == std::string::npos) continue;
      if (other.first != name)
        return broken(
            fmt::format("answered the request with the marker {} with {}, the marker of another request",
                        in_quotes(prefix + name), in_quotes(text)));
      ++own;
    }
  }
  if (own == in.answers.size()) return holds();
  return unknown(fmt::format("repeated the marker in {} of {} answers", own, in.answers.size()));
}

}  // namespace

std::vector<RuleEntry> text_rules() {
  return {{"text_contains", "The text has this in it", Parameter::text, text_contains},
          {"text_without", "The text does not have this in it", Parameter::text, text_without},
          {"utf8", "The answer is UTF-8 without replacement characters", Parameter::flag, utf8},
          {"reasoning", "Reasoning stands apart from the text", Parameter::flag, reasoning},
          {"json_text", "The text is a JSON object with these members", Parameter::list, json_text},
          {"own_marker", "Answers at the same time are not mixed up", Parameter::text, own_marker}};
}

}  // namespace assay::probe

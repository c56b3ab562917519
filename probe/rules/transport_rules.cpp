// Rules about the transport: connections, content codings, a reader that leaves, counting tokens.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/world/condition.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;

// The exchange went out on the connection of the one before it.
Finding reused(const RuleInput& in) {
  if (in.answer.outcome.reused) return holds();
  return broken("closed the connection after an answer, so that the next request needed a new one");
}

// A coding that was asked for, or none; and it can be undone.
Finding coding(const RuleInput& in) {
  const std::string* found = in.answer.header("content-encoding");
  if (found == nullptr || iequals(*found, "identity")) return holds("answered uncompressed");
  const std::string* asked = find_header(in.answer.request.headers, "accept-encoding");
  if (asked == nullptr || to_lower(*asked).find(to_lower(*found)) == std::string::npos)
    return broken(
        fmt::format("answered with Content-Encoding {}, which was not asked for", in_quotes(*found)));
  if (!in.answer.coding_problem.empty())
    return broken(fmt::format("answered with Content-Encoding {}, but the body cannot be decoded: {}",
                              in_quotes(*found), in.answer.coding_problem));
  return holds(fmt::format("answered with Content-Encoding {}", *found));
}

// A reader that leaves costs nobody else their answer. Judges the answer after the one that was left.
Finding left(const RuleInput& in) {
  for (const auto& [name, answer] : in.answers)
    if (answer.left) return holds();
  return unknown("ended the stream before the reader could leave");
}

// The counts that the endpoint tells before and with an answer.
Finding counted(const RuleInput& in) {
  const char* pointer = in.target.protocol == stream::Protocol::gemini    ? "/totalTokens"
                        : in.target.protocol == stream::Protocol::bedrock ? "/inputTokens"
                                                                          : "/input_tokens";
  const json* found = in.answer.json.is_discarded() ? nullptr : at_pointer(in.answer.json, pointer);
  if (found == nullptr || !found->is_number_integer() || *found <= 0)
    return broken(fmt::format("answered without a count of tokens at {}: {}", pointer, opening(in.answer)));
  return holds(fmt::format("counted {} tokens", found->dump()));
}

// The response came whole, by its own framing. One that did not is judged before any rule.
Finding whole_body(const RuleInput& in) {
  if (in.answer.outcome.ok()) return holds();
  return broken(fmt::format("broke the response off ({}: {})", http::to_string(in.answer.outcome.end),
                            in.answer.outcome.message));
}

}  // namespace

std::vector<RuleEntry> transport_rules() {
  return {{"reused", "The connection was kept for this request", Parameter::flag, reused},
          {"coding", "The content coding was asked for and can be undone", Parameter::flag, coding},
          {"left", "The reader left before the end", Parameter::flag, left, true},
          {"counted", "Tokens were counted", Parameter::flag, counted},
          {"whole_body", "The response is whole by its own framing", Parameter::flag, whole_body}};
}

}  // namespace assay::probe

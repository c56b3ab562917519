#include "conformance/runner/case/deadlines.h"

#include <algorithm>
#include <type_traits>

namespace assay::conformance {

Micros deadline_of(const Operation& operation, Micros patience) {
  return std::max(patience, operation.deadline == Micros(0) ? kOperationDeadline : operation.deadline);
}

Micros await_deadline(const Step::Await& step, Micros patience, bool silent) {
  if (step.deadline != Micros(0)) return step.deadline;
  return silent ? std::max(kAwaitDeadline, patience) : kAwaitDeadline;
}

bool ended_by_adapter(const nlohmann::json& result, Micros took, Micros given, bool has_categories) {
  if (has_categories || took < given || !result.is_object() || result.value("ok", true)) return false;
  const auto error = result.find("error");
  return error != result.end() && error->is_object() && error->value("category", "") == "timeout";
}

namespace {

template <typename Action>
Micros longest_of(const Action& action, Micros patience) {
  if constexpr (std::is_same_v<Action, Step::Do> || std::is_same_v<Action, Step::Start>) {
    return deadline_of(action.operation, patience);
  } else if constexpr (std::is_same_v<Action, Step::Repeat>) {
    return deadline_of(action.operation, patience) * static_cast<Micros::rep>(action.times);
  } else if constexpr (std::is_same_v<Action, Step::Parallel>) {
    Micros out{0};
    for (const Operation& one : action.operations) out = std::max(out, deadline_of(one, patience));
    return out;
  } else if constexpr (std::is_same_v<Action, Step::Await>) {
    const Micros each = await_deadline(action, patience, false);
    return action.kind == "journal" ? each * static_cast<Micros::rep>(action.count) : each;
  } else if constexpr (std::is_same_v<Action, Step::Cancel> || std::is_same_v<Action, Step::Answer>) {
    return kAnswerDeadline;
  } else {
    return Micros(0);  // done at once, or bounded by the operation that was started
  }
}

}  // namespace

Micros longest(const Case& one, Micros patience) {
  Micros out{0}, to_start{0};
  for (const Step& step : one.steps) {
    out += std::visit([&](const auto& action) { return longest_of(action, patience); }, step.action);
    if (const auto* await = std::get_if<Step::Await>(&step.action))
      to_start = std::max(to_start,
                          await_deadline(*await, patience, true) - await_deadline(*await, patience, false));
  }
  return out + to_start;
}

}  // namespace assay::conformance

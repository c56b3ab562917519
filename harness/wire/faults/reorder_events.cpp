#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_reorder_events(Response response, const nlohmann::json& params,
                                      FaultContext& context) {
  Params p(params, "events");
  std::vector<std::int64_t> pair;
  if (const nlohmann::json* events = p.value("events")) {
    const bool fits = events->is_array() && events->size() == 2 && (*events)[0].is_number_integer() &&
                      (*events)[1].is_number_integer();
    if (!fits) p.wrong("events: expected two indices, found " + as_text(*events));
    if (fits) pair = {(*events)[0].get<std::int64_t>(), (*events)[1].get<std::int64_t>()};
  }
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    const std::size_t count = body.events.size();
    if (count < 2) return fail("the stream has fewer than two events");
    if (pair.empty()) {
      const auto first = static_cast<std::int64_t>(context.random.below(count - 1));
      pair = {first, first + 1};
    }
    auto a = event_index(pair[0], count, false);
    auto b = event_index(pair[1], count, false);
    if (!a || !b) return tl::unexpected(a ? b.error() : a.error());
    if (*a == *b) return fail("events: expected two different ones");
    const auto text = [&](const SseEvent& e) { return std::string(e.text) + e.separator(); };
    edits.replace(body.events[*a].begin, body.events[*a].end, text(body.events[*b]));
    edits.replace(body.events[*b].begin, body.events[*b].end, text(body.events[*a]));
    return {};
  });
}

}  // namespace

Fault reorder_events() {
  return {.name = "reorder-events",
          .level = FaultLevel::exchange,
          .description = "Two events swapped",
          .parameters = "events: [A, B]; without it, two chosen by the seed",
          .example = "[0, 1]",
          .on_exchange = apply_reorder_events};
}

}  // namespace assay::wire::faults

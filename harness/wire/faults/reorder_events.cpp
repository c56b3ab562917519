#include "harness/base/text.h"
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
  const auto chosen = [&](std::size_t count) -> Result<std::pair<std::size_t, std::size_t>> {
    if (count < 2) return fail("the stream has fewer than two events");
    if (pair.empty()) {
      const auto first = static_cast<std::int64_t>(context.random.below(count - 1));
      pair = {first, first + 1};
    }
    auto a = event_index(pair[0], count, false);
    auto b = event_index(pair[1], count, false);
    if (!a || !b) return tl::unexpected(a ? b.error() : a.error());
    if (*a == *b) return fail("events: expected two different ones");
    return std::pair(*a, *b);
  };
  // Lines of JSON and messages of an event stream need nothing between them.
  const std::string* type = find_header(response.headers, "Content-Type");
  const bool sse = type == nullptr || to_lower(*type).starts_with("text/event-stream");
  const auto begins = sse ? std::vector<std::size_t>() : event_borders(response);
  if (!begins.empty()) {
    const auto two = chosen(begins.size());
    if (!two) return tl::unexpected(two.error());
    const std::string bytes = body_bytes(response);
    const auto end = [&](std::size_t i) { return i + 1 < begins.size() ? begins[i + 1] : bytes.size(); };
    BodyEdits edits;
    for (const auto& [at, other] : {*two, std::pair(two->second, two->first)})
      edits.replace(begins[at], end(at), bytes.substr(begins[other], end(other) - begins[other]));
    return edits.apply(std::move(response));
  }
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    const auto two = chosen(body.events.size());
    if (!two) return tl::unexpected(two.error());
    const auto text = [&](const SseEvent& e) { return std::string(e.text) + e.separator(); };
    const SseEvent& a = body.events[two->first];
    const SseEvent& b = body.events[two->second];
    edits.replace(a.begin, a.end, text(b));
    edits.replace(b.begin, b.end, text(a));
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

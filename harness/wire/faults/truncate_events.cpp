#include "harness/base/text.h"
#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_truncate_events(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const auto event = p.integer("event").value_or(-1);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const auto cut_at = [&](const std::vector<std::size_t>& begins, std::size_t size,
                          BodyEdits& edits) -> Result<void> {
    auto i = event_index(event, begins.size(), false);
    if (!i) return tl::unexpected(i.error());
    edits.replace(begins[*i], size, "");
    return {};
  };
  // Lines of JSON and messages of an event stream end as cleanly between two of them.
  const std::string* type = find_header(response.headers, "Content-Type");
  const bool sse = type == nullptr || to_lower(*type).starts_with("text/event-stream");
  const auto begins = sse ? std::vector<std::size_t>() : event_borders(response);
  if (!begins.empty()) {
    BodyEdits edits;
    if (auto cut = cut_at(begins, body_bytes(response).size(), edits); !cut)
      return tl::unexpected(cut.error());
    return edits.apply(std::move(response));
  }
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    std::vector<std::size_t> all;
    for (const SseEvent& one : body.events) all.push_back(one.begin);
    return cut_at(all, body.bytes.size(), edits);
  });
}

}  // namespace

Fault truncate_events() {
  return {.name = "truncate-events",
          .level = FaultLevel::exchange,
          .description = "Clean end after the given number of events; the rest is left out",
          .parameters = "event: N (all but the last)",
          .example = R"({"event": 3})",
          .on_exchange = apply_truncate_events};
}

}  // namespace assay::wire::faults

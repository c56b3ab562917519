#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_huge_line(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "bytes");
  const auto bytes = p.size("bytes").value_or(1 << 20);
  const auto event = p.integer("event");
  if (bytes > 256U << 20U) p.wrong("bytes: expected 256MiB at most");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    EventChoice choice{{}, !event};
    if (event) choice.indices.push_back(*event);
    auto chosen = choose_events(body, choice, has_json_object, "single data line with a JSON object");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const SseLine& line : body.events[chosen->front()].lines) {
      if (line.field() != "data") continue;
      if (line.text.size() >= bytes)
        return fail("the line has " + std::to_string(line.text.size()) + " bytes already");
      edits.insert(line.value_at() + 1, std::string(bytes - line.text.size(), ' '));
    }
    return {};
  });
}

}  // namespace

Fault huge_line() {
  return {.name = "huge-line",
          .level = FaultLevel::exchange,
          .description = "SSE data line of the given size, padded with whitespace inside the JSON",
          .parameters = "bytes: SIZE (1MiB); event: N (the first with a JSON object)",
          .example = R"("65537B")",
          .on_exchange = apply_huge_line};
}

}  // namespace assay::wire::faults

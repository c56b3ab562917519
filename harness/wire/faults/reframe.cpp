#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_reframe(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "as");
  const auto as = p.one_of("as", {"ndjson", "json-array"});
  if (!p.given("as")) p.wrong("expected as");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const bool array = as == "json-array";
  auto edited = edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    bool first = true;
    for (const SseEvent& event : body.events) {
      const auto data = event.data();
      if (!data || event.is_done()) {
        edits.replace(event.begin, event.end, "");
        continue;
      }
      edits.replace(event.begin, event.end, array ? (first ? "[" : ",\n") + *data : *data + "\n");
      first = false;
    }
    if (first) return fail("the stream has no payload");
    if (array) edits.insert(body.bytes.size(), "]\n");
    return {};
  });
  if (edited)
    set_header(edited->headers, "Content-Type", array ? "application/json" : "application/x-ndjson");
  return edited;
}

}  // namespace

Fault reframe() {
  return {.name = "reframe",
          .level = FaultLevel::exchange,
          .description = "Same payloads in another framing: NDJSON or a JSON array",
          .parameters = "as: ndjson | json-array",
          .example = R"("ndjson")",
          .on_exchange = apply_reframe};
}

}  // namespace assay::wire::faults

#include <algorithm>
#include <array>

#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_line_ends(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "to");
  const auto to = p.one_of("to", {"lf", "cr", "crlf", "mixed"});
  if (!p.given("to")) p.wrong("expected to");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    constexpr std::array<std::string_view, 3> kEnds{"\n", "\r\n", "\r"};
    for (std::size_t i = 0; i < body.events.size(); ++i) {
      const std::size_t which = *to == "mixed" ? i % 3 : *to == "lf" ? 0 : *to == "crlf" ? 1 : 2;
      const SseEvent& event = body.events[i];
      for (std::size_t at = event.begin; at < event.end;) {
        at = std::min(body.bytes.find_first_of("\r\n", at), event.end);
        if (at == event.end) break;
        const std::size_t next = at + (body.bytes.compare(at, 2, "\r\n") == 0 ? 2 : 1);
        edits.replace(at, next, std::string(kEnds.at(which)));
        at = next;
      }
    }
    return {};
  });
}

}  // namespace

Fault line_ends() {
  return {.name = "line-ends",
          .level = FaultLevel::exchange,
          .description = "Other line endings in the stream",
          .parameters = "to: lf | cr | crlf | mixed (LF, CRLF and CR alternating by event)",
          .example = R"("crlf")",
          .on_exchange = apply_line_ends};
}

}  // namespace assay::wire::faults

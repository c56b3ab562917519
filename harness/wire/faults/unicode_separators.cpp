#include "harness/base/text.h"
#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_unicode_separators(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const EventChoice choice = read_events(p, std::nullopt);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_json_events(
      std::move(response), choice, [](const SseLine& line, BodyEdits& edits) -> Result<void> {
        // VT and FF must be escaped in JSON (RFC 8259 section 7); the others may stand as they are.
        std::string field = "\"separators\":\"\xE2\x80\xA8\xE2\x80\xA9\xC2\x85\\u000b\\f\"";
        if (trim(line.value().substr(1)) != "}") field += ",";
        edits.insert(line.value_at() + 1, field);
        return {};
      });
}

}  // namespace

Fault unicode_separators() {
  return {.name = "unicode-separators",
          .level = FaultLevel::exchange,
          .description =
              "Extra JSON field with characters that end a line elsewhere but not in SSE: U+2028, U+2029, "
              "U+0085, VT, FF",
          .parameters = "event: N | [N...] | every (every)",
          .example = "null",
          .on_exchange = apply_unicode_separators};
}

}  // namespace assay::wire::faults

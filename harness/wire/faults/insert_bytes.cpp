#include "harness/base/text.h"
#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_insert_bytes(Script script, const nlohmann::json& params, FaultContext& context) {
  Params p(params, "");
  auto bytes = p.text("text");
  if (const auto encoded = p.text("base64")) {
    auto decoded = base64_decode(*encoded);
    if (!decoded) p.wrong("base64: " + decoded.error().message);
    if (bytes) p.wrong("expected one of text, base64, random");
    bytes = decoded.value_or("");
  }
  if (const auto random = p.integer("random", 1, 1 << 20)) {
    if (bytes) p.wrong("expected one of text, base64, random");
    bytes.emplace();
    for (std::int64_t i = 0; i < *random; ++i) *bytes += static_cast<char>(context.random.below(256));
  }
  if (!bytes) p.wrong("expected text, base64 or random");
  const auto place = read_place(p);
  if (!place) p.wrong("expected a place");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  auto at = resolve_one(layout(script), place, 0);
  if (!at) return tl::unexpected(at.error());
  return replace_bytes(std::move(script), {*at, *at}, {*bytes, {}});
}

}  // namespace

Fault insert_bytes() {
  return {.name = "insert-bytes",
          .level = FaultLevel::script,
          .description = "Garbage bytes at the place: in the headers, in a chunk, after the message",
          .parameters = "text: TEXT | base64: TEXT | random: N; wire, header, byte, chunk, event: N | end",
          .example = R"({"text": "\u0000", "wire": "end"})",
          .on_script = apply_insert_bytes};
}

}  // namespace assay::wire::faults

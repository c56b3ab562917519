#include "harness/base/text.h"
#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
// One past the opening quote of the text that a client shows; npos when there is none.
std::size_t text_begin(std::string_view data) {
  for (const std::string_view key : {"\"content\"", "\"text\"", "\"delta\"", "\"response\""}) {
    for (std::size_t at = data.find(key); at != std::string_view::npos; at = data.find(key, at + 1)) {
      const std::size_t value = data.find_first_not_of(" :", at + key.size());
      if (value != std::string_view::npos && data[value] == '"') return value + 1;
    }
  }
  return std::string_view::npos;
}

bool has_text(const SseEvent& event) {
  return text_begin(event.data().value_or("")) != std::string_view::npos;
}

Result<Response> apply_invalid_utf8(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const auto encoded = p.text("base64");
  const auto event = p.integer("event");
  const auto bytes = base64_decode(encoded.value_or("/w=="));
  if (!bytes) p.wrong("base64: " + bytes.error().message);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    EventChoice choice{{}, !event};
    if (event) choice.indices.push_back(*event);
    auto chosen = choose_events(body, choice, has_text, "text in its JSON");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const SseLine& line : body.events[chosen->front()].lines) {
      const std::size_t at = line.field() == "data" ? text_begin(line.value()) : std::string_view::npos;
      if (at == std::string_view::npos) continue;
      edits.insert(line.value_at() + at, *bytes);
      return {};
    }
    return fail("that text is spread over several lines");
  });
}

}  // namespace

Fault invalid_utf8() {
  return {.name = "invalid-utf8",
          .level = FaultLevel::exchange,
          .description = "Invalid UTF-8 inside a text of an event",
          .parameters = "event: N (the first with text); base64: TEXT (the byte FF)",
          .example = "null",
          .on_exchange = apply_invalid_utf8};
}

}  // namespace assay::wire::faults

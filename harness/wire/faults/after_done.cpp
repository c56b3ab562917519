#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_after_done(Response response, const nlohmann::json& params, FaultContext& context) {
  Params p(params, "what");
  const auto what = p.one_of("what", {"comment", "usage", "done", "garbage"});
  auto text = p.text("text");
  if (what && text) p.wrong("expected one of what, text");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const bool in_lines = !text && what != "garbage";
  if (!text) {
    text = ": trailing\n\n";
    if (what == "usage") {
      text =
          "data: "
          "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}\n\n";
    } else if (what == "done") {
      text = "data: [DONE]\n\n";
    } else if (what == "garbage") {
      text->clear();
      while (text->size() < 64) *text += static_cast<char>(context.random.below(256));
    }
  }
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    for (auto event = body.events.rbegin(); event != body.events.rend(); ++event) {
      if (!event->is_done()) continue;
      edits.insert(event->end, event->separator() + (in_lines ? body.in_its_line_ends(*text) : *text));
      return {};
    }
    return fail("the stream has no [DONE]");
  });
}

}  // namespace

Fault after_done() {
  return {.name = "after-done",
          .level = FaultLevel::exchange,
          .description = "Bytes after the [DONE] event: a comment, a usage event, a second [DONE], garbage",
          .parameters = "what: comment | usage | done | garbage (comment) | text: TEXT",
          .example = R"("usage")",
          .on_exchange = apply_after_done};
}

}  // namespace assay::wire::faults

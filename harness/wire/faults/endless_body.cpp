#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_endless_body(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "text");
  const auto text = p.text("text").value_or(std::string(std::size_t{16} * 1024, 'x'));
  const auto every = p.duration("every");
  const auto place = read_place(p);
  if (text.empty()) p.wrong("text: expected at least one byte");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout before = layout(script);
  if (auto body = body_place(before); !body) return tl::unexpected(body.error());
  auto at = resolve_one(before, place, before.body);
  if (!at) return tl::unexpected(at.error());
  if (*at < before.body) return fail("that place lies in the head");
  Steps steps;
  if (every) steps.push_back({Wait{*every}});
  steps.push_back({body_piece(text, before.chunked())});
  script = end_at(std::move(script), *at, {{Repeat{0, std::move(steps)}}});
  if (const auto line = header_line(script, before, "Content-Length"); line && !before.chunked()) {
    script = replace_bytes(std::move(script), *line, {}, false);  // what has no end has no length
  }
  return script;
}

}  // namespace

Fault endless_body() {
  return {
      .name = "endless-body",
      .level = FaultLevel::script,
      .description = "Endless body: the same text repeats from the place on (default: the start of the body)",
      .parameters = "text: TEXT (16 KiB of x); every: DURATION between two; byte, chunk, event: N | end",
      .example = R"({"text": "data: {}\n\n", "event": 1})",
      .on_script = apply_endless_body};
}

}  // namespace assay::wire::faults

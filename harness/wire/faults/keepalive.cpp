#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_keepalive(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "every");
  const auto every = p.duration("every").value_or(std::chrono::seconds(1));
  const auto count = p.integer("count", 0, INT64_MAX).value_or(1);
  const auto given = p.text("text");
  auto text = given.value_or(": keepalive\n\n");
  const auto place = read_place(p);
  if (text.empty()) p.wrong("text: expected at least one byte");
  if (count == 0 && every == Micros(0)) p.wrong("every: an endless keepalive needs a time between two");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
  if (auto body = body_place(where); !body) return tl::unexpected(body.error());
  if (!where.chunked() && header_line(script, where, "Content-Length")) {
    return fail("the length of the body is declared; a keepalive needs a chunked or close-delimited one");
  }
  if (const auto type = header_line(script, where, "Content-Type"); type && !given) {
    const std::string line = top_level_bytes(script).substr(type->begin, type->end - type->begin);
    if (std::string why = why_no_comment(line); !why.empty()) return fail(std::move(why));
  }
  if (!given && !where.data.empty()) {
    const Range& first = where.data.front();
    text = with_line_ends(text,
                          line_end_of(top_level_bytes(script).substr(first.begin, first.end - first.begin)));
  }
  auto at = resolve_one(where, place, where.chunked() ? where.chunks.front() : where.body);
  if (!at) return tl::unexpected(at.error());
  for (const Range& piece : where.data) {
    if (where.chunked() && *at > piece.begin && *at <= piece.end) {
      // Inside a chunk the bytes would belong to it: divide the chunk's border, not its data.
      return fail("that place lies inside an HTTP chunk; name a chunk, or use rechunk: event before");
    }
  }
  const Repeat repeat{static_cast<std::uint64_t>(count),
                      {{Wait{every}}, {body_piece(text, where.chunked())}}};
  if (count == 0) return end_at(std::move(script), *at, {{repeat}});
  return insert_steps(std::move(script), {*at}, {{repeat}});
}

}  // namespace

Fault keepalive() {
  return {
      .name = "keepalive",
      .level = FaultLevel::script,
      .description = "Comments at intervals at the place (before the first event), then the rest, or forever",
      .parameters =
          "every: DURATION (1s); count: N, 0 = forever (1); text: TEXT (a comment line and a blank "
          "one); chunk, event: N | end",
      .example = R"({"every": "1ms", "count": 3, "event": 1})",
      .on_script = apply_keepalive};
}

}  // namespace assay::wire::faults

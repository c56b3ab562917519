#include <algorithm>

#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {

constexpr std::size_t kBlock = std::size_t{64} * 1024;

Result<Script> apply_huge_body(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "bytes");
  if (!p.given("bytes")) p.wrong("expected bytes: SIZE");
  const auto bytes = p.size("bytes").value_or(0);
  const auto fill = p.text("fill").value_or("x");
  if (fill.empty()) p.wrong("fill: expected at least one byte");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout before = layout(script);
  if (auto body = body_place(before); !body) return tl::unexpected(body.error());
  const bool chunked = before.chunked();
  if (header_line(script, before, "Content-Length")) {
    auto changed = set_header_line(std::move(script), "Content-Length", std::to_string(bytes));
    if (!changed) return changed;
    script = *std::move(changed);
  }
  // What the connection does after the answer stays as it is.
  const bool keep_alive = script.keep_alive;
  const auto sends = [](const Step& step) { return width_of(step) > 0; };
  const auto after = std::find_if(script.steps.rbegin(), script.steps.rend(), sends).base();
  const Steps rest(after, script.steps.end());
  const std::size_t body = layout(script).body;
  script = end_at(std::move(script), body, {});
  script.keep_alive = keep_alive;
  // The blocks repeat, so that a body of gigabytes costs nothing here. `fill` starts anew in each.
  const auto block = [&](std::size_t size) {
    std::string text;
    while (text.size() < size) text += fill;
    text.resize(size);
    return Step{body_piece(text, chunked)};
  };
  if (bytes >= kBlock) script.steps.push_back({Repeat{bytes / kBlock, {block(kBlock)}}});
  if (bytes % kBlock != 0) script.steps.push_back(block(bytes % kBlock));
  if (chunked) script.steps.push_back({Write{"0\r\n\r\n", {{0, MarkKind::chunk}, {5, MarkKind::end}}}});
  script.steps.insert(script.steps.end(), rest.begin(), rest.end());
  return script;
}

}  // namespace

Fault huge_body() {
  return {.name = "huge-body",
          .level = FaultLevel::script,
          .description = "Body replaced by one of the given size, with the same framing",
          .parameters = "bytes: SIZE (50MiB, 65536, ...); fill: TEXT (x)",
          .example = R"("1MiB")",
          .on_script = apply_huge_body};
}

}  // namespace assay::wire::faults

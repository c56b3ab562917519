#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_chunk_extensions(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "text");
  const auto text = p.text("text").value_or(";a=b");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (!where.chunked()) return fail("the message is not chunked");
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
  const std::string bytes = top_level_bytes(script);
  for (auto chunk = where.chunks.rbegin(); chunk != where.chunks.rend(); ++chunk) {
    const std::size_t end = bytes.find("\r\n", *chunk);
    if (end == std::string::npos) return fail("a chunk has no size line any more");
    script = replace_bytes(std::move(script), {end, end}, {text, {}});
  }
  return script;
}

}  // namespace

Fault chunk_extensions() {
  return {.name = "chunk-extensions",
          .level = FaultLevel::script,
          .description =
              "Every chunk size line carries a chunk extension, which is legal (RFC 9112 section 7.1.1)",
          .parameters = "text: TEXT (;a=b)",
          .example = R"(";a=\"b c\"")",
          .on_script = apply_chunk_extensions};
}

}  // namespace assay::wire::faults

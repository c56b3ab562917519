#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_missing_chunk_crlf(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "chunk");
  const auto chunk = p.integer("chunk").value_or(0);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (!where.chunked()) return fail("the message is not chunked");
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
  const auto count = static_cast<std::int64_t>(where.data.size());
  const std::int64_t i = chunk < 0 ? count + chunk : chunk;
  if (i < 0 || i >= count) {
    return fail("chunk " + std::to_string(chunk) + ": there are " + std::to_string(count) + " chunks");
  }
  const std::size_t end = where.data[static_cast<std::size_t>(i)].end;
  return replace_bytes(std::move(script), {end, end + 2}, {});
}

}  // namespace

Fault missing_chunk_crlf() {
  return {.name = "missing-chunk-crlf",
          .level = FaultLevel::script,
          .description = "CR LF missing after the data of a chunk",
          .parameters = "chunk: N (0)",
          .example = R"({"chunk": 1})",
          .on_script = apply_missing_chunk_crlf};
}

}  // namespace assay::wire::faults

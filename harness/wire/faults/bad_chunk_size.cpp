#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_bad_chunk_size(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "text");
  const auto text = p.text("text").value_or("ZZ");
  const auto chunk = p.integer("chunk").value_or(1);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (!where.chunked()) return fail("the message is not chunked");
  auto begin = place_of(where, PlaceUnit::chunk, chunk);
  if (!begin) return tl::unexpected(begin.error());
  const std::string bytes = top_level_bytes(script);
  const std::size_t end = bytes.find("\r\n", *begin);
  if (end == std::string::npos) return fail("the chunk has no size line any more");
  std::string line = text;
  if (const std::size_t hole = line.find("{size}"); hole != std::string::npos) {
    line.replace(hole, 6, bytes, *begin, end - *begin);
  }
  return replace_bytes(std::move(script), {*begin, end}, {line, {}});
}

}  // namespace

Fault bad_chunk_size() {
  return {.name = "bad-chunk-size",
          .level = FaultLevel::script,
          .description = "Invalid size line of an HTTP chunk",
          .parameters = "text: TEXT (ZZ), where {size} is the true size; chunk: N (1)",
          .example = R"({"text": "{size} ", "chunk": 1})",
          .on_script = apply_bad_chunk_size};
}

}  // namespace assay::wire::faults

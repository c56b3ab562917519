#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_bad_status_line(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "text");
  const auto text = p.text("text").value_or("HTTP/1.1 abc OK");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const std::size_t head = layout(script).head;
  const std::size_t end = top_level_bytes(script).find("\r\n", head);
  if (end == std::string::npos) return fail("there is no status line");
  return replace_bytes(std::move(script), {head, end}, {text, {}});
}

}  // namespace

Fault bad_status_line() {
  return {.name = "bad-status-line",
          .level = FaultLevel::script,
          .description = "Invalid status line",
          .parameters = "text: TEXT (HTTP/1.1 abc OK)",
          .example = R"("ICY 200 OK")",
          .on_script = apply_bad_status_line};
}

}  // namespace assay::wire::faults

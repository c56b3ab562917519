#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
// Offsets in JSON text where a line end may stand: after a comma or a colon outside of strings.
std::vector<std::size_t> break_places(std::string_view text) {
  std::vector<std::size_t> out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && in_string) {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[i] == ',' || text[i] == ':')) {
      out.push_back(i + 1);
    }
  }
  return out;
}

Result<Response> apply_multi_line_data(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "event");
  const EventChoice choice = read_events(p, std::nullopt);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_json_events(std::move(response), choice,
                          [](const SseLine& line, BodyEdits& edits) -> Result<void> {
                            for (const std::size_t at : break_places(line.value()))
                              edits.insert(line.value_at() + at, "\ndata: ");
                            return {};
                          });
}

}  // namespace

Fault multi_line_data() {
  return {.name = "multi-line-data",
          .level = FaultLevel::exchange,
          .description = "JSON of an event split over several data lines, with the same meaning",
          .parameters = "event: N | [N...] | every (every)",
          .example = "null",
          .on_exchange = apply_multi_line_data};
}

}  // namespace assay::wire::faults

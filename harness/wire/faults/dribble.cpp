#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_dribble(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "bytes");
  const auto bytes = static_cast<std::size_t>(p.integer("bytes", 1, 1 << 20).value_or(1));
  const auto gap = p.duration("gap");
  const bool from_head = p.one_of("from", {"head", "body"}) == "head";
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
  if (auto body = body_place(where); !body && !from_head) return tl::unexpected(body.error());
  std::vector<std::size_t> places;
  for (std::size_t at = from_head ? where.head + bytes : where.body; at < where.total; at += bytes) {
    places.push_back(at);
  }
  if (places.empty()) return fail("there are too few bytes to dribble");
  if (auto ok = few_enough(places); !ok) return tl::unexpected(ok.error());
  Steps steps{{Cut{}}};
  if (gap) steps.push_back({Wait{*gap}});
  return insert_steps(std::move(script), places, steps);
}

}  // namespace

Fault dribble() {
  return {.name = "dribble",
          .level = FaultLevel::script,
          .description = "Body or whole message delivered a few bytes at a time",
          .parameters = "bytes: N (1); gap: DURATION between them; from: head | body (body)",
          .example = R"({"bytes": 1})",
          .lossless = true,
          .on_script = apply_dribble};
}

}  // namespace assay::wire::faults

#include <algorithm>

#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

// Keeps `count` of the places, chosen by the seed, in order.
std::vector<std::size_t> some_of(std::vector<std::size_t> places, std::size_t count, Random& random) {
  while (places.size() > count) {
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(random.below(places.size())));
  }
  return places;
}

Result<Script> apply_cut(Script script, const nlohmann::json& params, FaultContext& context) {
  Params p(params, "at");
  const auto set = p.one_of("at", place_set_names());
  const auto place = read_place(p, true);
  const auto every = p.integer("every", 1, INT64_MAX);
  const auto nth = p.integer("nth");
  const auto random = p.integer("random", 1, 100'000);
  const auto gap = p.duration("gap");
  if ((set ? 1 : 0) + (place ? 1 : 0) + (every ? 1 : 0) + (random && !set ? 1 : 0) != 1) {
    p.wrong("expected one of at, every, random, wire, header, byte, chunk, event");
  }
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());

  const Layout where = layout(script);
  std::vector<std::size_t> places;
  if (every) {
    if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
    for (std::size_t at = where.head + *every; at < where.total; at += *every) places.push_back(at);
  } else {
    auto found = place ? resolve(where, *place) : place_set(script, set.value_or("every-offset"));
    if (!found) return tl::unexpected(found.error());
    places = *std::move(found);
  }
  if (nth) {
    const auto count = static_cast<std::int64_t>(places.size());
    const std::int64_t i = *nth < 0 ? count + *nth : *nth;
    if (i < 0 || i >= count) {
      return fail("nth " + std::to_string(*nth) + ": there are " + std::to_string(count) + " such places");
    }
    places = {places[static_cast<std::size_t>(i)]};
  }
  if (random) places = some_of(std::move(places), static_cast<std::size_t>(*random), context.random);
  // Before the first byte and after the last there is nothing to cut.
  std::erase_if(places, [&](std::size_t at) { return at == 0 || at >= where.total; });
  if (places.empty()) return fail("there is no byte on both sides of that place");
  if (auto ok = few_enough(places); !ok) return tl::unexpected(ok.error());
  Steps steps{{Cut{}}};
  if (gap) steps.push_back({Wait{*gap}});
  return insert_steps(std::move(script), places, steps);
}

}  // namespace

Fault cut() {
  return {
      .name = "cut",
      .level = FaultLevel::script,
      .description =
          "Read boundary: the next byte is sent only after the client has read everything up to the place",
      .parameters =
          "at: every-offset | inside-code-points | between-cr-lf | inside-chunk-size, or wire, header, "
          "byte, chunk, event: N | [N...] | every, or every: N bytes, or random: N places; nth: N of "
          "these places; gap: DURATION after each",
      .example = R"({"event": [1, 2], "gap": "1ms"})",
      .lossless = true,
      .on_script = apply_cut};
}

}  // namespace assay::wire::faults

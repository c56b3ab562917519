#include "bench/client/play_world.h"

#include "conformance/runner/judge/journal_query.h"
#include "fakes/fakes.h"

namespace assay::bench {

using nlohmann::json;

Result<std::unique_ptr<PlayWorld>> PlayWorld::open(const PlayOptions& options, const StreamPlan& stream) {
  auto out = std::make_unique<PlayWorld>();
  json turns = json::array();
  for (std::size_t i = 0; i < kStreams; ++i) turns.push_back({{"text", token_text(i, stream.events)}});
  conformance::Case one;
  one.id = "bench client";
  one.world = {{"inference", {{"turns", std::move(turns)}, {"auth", {{"keys", {kKey}}}}}}};
  auto plan = conformance::plan_world(one, options.data_folder, 1);
  if (!plan) return tl::unexpected(plan.error());
  out->plan = std::move(*plan);
  const auto start = [&out = *out, &stream](std::vector<http::ListenerSpec> listeners, http::Handler& handler,
                                            Journal& journal, const Clock& clock,
                                            http::Limits limits) -> Result<std::unique_ptr<http::Server>> {
    out.tap = std::make_unique<Tap>(handler, clock, TapOptions{stream.cut, stream.pace});
    auto server = http::Server::start(std::move(listeners), *out.tap, journal, clock, limits);
    if (server) out.tap->attach(**server);
    return server;
  };
  auto world = World::start(std::move(out->plan.spec), fakes::make_factory(options.data_folder + "/fixtures"),
                            conformance::path_aliases(), out->clock, out->journal, start);
  if (!world) return tl::unexpected(world.error());
  out->world = std::move(*world);
  return out;
}

}  // namespace assay::bench

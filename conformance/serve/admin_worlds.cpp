// The routes about worlds: list, make, reset, remove; their clocks; what attaches a client to them.
#include <fmt/format.h>

#include <ctime>

#include "conformance/runner/client/client_file.h"
#include "conformance/serve/admin_call.h"
#include "conformance/serve/snippets.h"

namespace assay::serve {

using nlohmann::json;

namespace {

json clock_of(const Era& era) {
  return {{"elapsed_us", era.clock.now().count()}, {"wall_seconds", era.clock.wall_seconds()}};
}

// How far the clock of a world was advanced in all.
Micros advanced(const Era& era) {
  return std::chrono::seconds(era.clock.wall_seconds() - std::time(nullptr));
}

}  // namespace

Response list_worlds(const AdminCall& call) {
  auto wanted = call.query({"key", "prefix"});
  json out = json::array();
  for (const WorldView& world : call.worlds.all()) {
    const bool has_key = std::find(world.keys.begin(), world.keys.end(), wanted["key"]) != world.keys.end();
    if (!wanted["key"].empty() && !has_key) continue;
    if (!wanted["prefix"].empty() && wanted["prefix"] != world.prefix) continue;
    out.push_back(to_json(world));
  }
  return json_answer(200, {{"worlds", std::move(out)}});
}

Response create_world(const AdminCall& call) {
  const Document document = call.body();
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  WorldOrder order;
  order.name = in.required<std::string>("name");
  order.scenario = in.optional<std::string>("scenario");
  order.keys = in.optional<std::vector<std::string>>("keys");
  order.seed = in.maybe<std::uint64_t>("seed");
  order.own_listeners = in.choice("listeners", {"shared", "own"}, 0) == 1;
  if (const json* world = in.raw("world")) order.world = *world;
  in.done();
  need_no(problems);
  // "" stands for the default world in a path; no world is called so.
  if (!order.name.empty() && call.worlds.find(order.name))
    throw Refused{409, "there is a world \"" + order.name + "\" already"};
  return json_answer(201, to_json(need(call.worlds.create(std::move(order)))));
}

Response show_world(const AdminCall& call) {
  return json_answer(200, to_json(call.world()));
}

Response remove_world(const AdminCall& call) {
  if (call.world().name == kDefaultWorld)
    throw Refused{409, "the default world stays as long as assay serve does; reset it instead"};
  need(call.worlds.remove(call.name()));
  Response out = make_response(204, "", "");
  out.headers.clear();
  out.framing = BodyFraming::none;
  return out;
}

Response reset_world(const AdminCall& call) {
  return json_answer(200, to_json(need(call.worlds.reset(call.name()))));
}

Response show_exports(const AdminCall& call) {
  return text_answer("text/plain", shell_exports(call.world(), call.url));
}

Response show_client(const AdminCall& call) {
  const WorldView world = call.world();
  const auto files = need(conformance::load_client_files(call.data));
  const auto* client = conformance::client_named(files, call.path.at("client"));
  if (client == nullptr) {
    std::vector<std::string> known;
    known.reserve(files.size());
    for (const auto& file : files) known.push_back(file.name);
    throw Refused{404, unknown_word("client", call.path.at("client"), known)};
  }
  return text_answer("text/plain", need(client_snippet(*client, world)));
}

Response show_clock(const AdminCall& call) {
  return json_answer(200, clock_of(*call.world().era));
}

Response advance_clock(const AdminCall& call) {
  const WorldView world = call.world();
  const Document document = call.body();
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  const auto by = in.required<Micros>("advance");
  if (in.has("advance") && by < Micros(0)) in.problem("advance", "expected a duration that is not negative");
  in.done();
  need_no(problems);
  // Far below where seconds since 1970 overflow, and above what any token lasts.
  constexpr Micros kMost = std::chrono::days(36'500);
  if (by > kMost || advanced(*world.era) + by > kMost)
    throw Refused{400, "expected the clock to be advanced by at most 36500d in all"};
  world.era->clock.advance(by);
  world.era->journal.note("world", JournalKind::action, "clock +" + format_duration(by));
  return json_answer(200, clock_of(*world.era));
}

}  // namespace assay::serve

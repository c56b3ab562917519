#include "conformance/runner/play/session_core.h"

namespace assay::conformance {

Played Session::run() {
  try {
    try {
      if (std::string why = known_not_to_apply(); !why.empty())
        throw Stop{Stop::Why::not_applicable, std::move(why)};
      set_up();
    } catch (const Stop& stop) {
      if (stop.why != Stop::Why::could_not_run) throw;
      if (std::string why = asked_beforehand(); !why.empty())
        throw Stop{Stop::Why::not_applicable, std::move(why)};
      throw;
    }
    for (const Step& step : case_.steps) {
      std::visit([&](const auto& action) { perform(action, step.text); }, step.action);
    }
  } catch (const Stop& stop) {
    note_stop(stop);
  }
  played_.acting = clock_.machine_time(clock_.now()) - played_.setup;
  wind_up();
  return std::move(played_);
}

void Session::note_stop(const Stop& stop) {
  switch (stop.why) {
    case Stop::Why::broken:
      played_.broken = stop.message;
      break;
    case Stop::Why::could_not_run:
      played_.could_not_run = stop.message;
      break;
    case Stop::Why::not_applicable:
      played_.not_applicable = stop.message;
      break;
    case Stop::Why::flood:
      break;  // wind_up() asks the watch itself: it may also be the last step that was too much
  }
}

void Session::stop_flooding() {
  const std::lock_guard lock(clients_mutex_);
  for (auto& [name, actor] : actors_) {
    if (actor.client) actor.client->kill();
  }
}

void Session::set_client(Actor& actor, std::unique_ptr<Client> client) {
  {
    const std::lock_guard lock(clients_mutex_);
    actor.client.swap(client);
  }
  if (flood_.over() && actor.client) actor.client->kill();
}

void Session::broken(std::string message) {
  throw Stop{Stop::Why::broken, std::move(message)};
}

void to_json(nlohmann::json& out, const ClientSpec& client) {
  out = {{"name", client.name},
         {"argv", client.argv},
         {"environment", client.environment},
         {"version", client.version},
         {"directory", client.directory},
         {"arguments", client.arguments},
         {"patience_us", client.patience.count()},
         {"hosts", client.hosts}};
  if (client.time) out["time"] = client.time->per_1024;
  if (client.program) out["program"] = true;
  if (client.public_address) out["public_address"] = true;
  if (!client.kind.empty()) out["kind"] = client.kind;
  if (!client.protocols.empty()) out["protocols"] = client.protocols;
  if (!client.fake.empty()) out["fake"] = client.fake;
  if (client.narrate) out["narrate"] = true;
  if (!client.home_reads.empty()) out["home_reads"] = client.home_reads;
  if (client.recipe) out["recipe"] = *client.recipe;
  if (client.as_program) out["as_program"] = *client.as_program;
  if (client.manifest) out["manifest"] = *client.manifest;
  if (client.claims) out["claims"] = *client.claims;
  if (client.only_reports) out["only_reports"] = *client.only_reports;
}

void from_json(const nlohmann::json& in, ClientSpec& client) {
  in.at("name").get_to(client.name);
  in.at("argv").get_to(client.argv);
  in.at("environment").get_to(client.environment);
  in.at("version").get_to(client.version);
  client.patience = Micros(in.at("patience_us").get<std::int64_t>());
  in.at("hosts").get_to(client.hosts);
  if (in.contains("time")) client.time = casetime::Rate{in["time"].get<std::uint32_t>()};
  client.program = in.contains("program");
  client.public_address = in.contains("public_address");
  client.kind = in.value("kind", "");
  client.protocols = in.value("protocols", std::vector<std::string>());
  if (in.contains("fake")) client.fake = in["fake"];
  in.at("directory").get_to(client.directory);
  in.at("arguments").get_to(client.arguments);
  client.narrate = in.value("narrate", false);
  if (in.contains("home_reads")) in["home_reads"].get_to(client.home_reads);
  if (in.contains("recipe")) client.recipe = in["recipe"].get<Recipe>();
  if (in.contains("as_program")) client.as_program = in["as_program"].get<Recipe>();
  if (in.contains("manifest")) client.manifest = in["manifest"].get<std::vector<std::string>>();
  if (in.contains("claims")) client.claims = in["claims"].get<std::vector<std::string>>();
  if (in.contains("only_reports")) client.only_reports = in["only_reports"].get<std::vector<std::string>>();
}

Played play(const Case& one, const WorldPlan& plan, const ClientSpec& client, const SessionOptions& options) {
  return Session(one, plan, client, options).run();
}

}  // namespace assay::conformance

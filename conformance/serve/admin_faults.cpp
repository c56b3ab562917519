// The routes about what goes wrong in a world: scenarios, faults, settings, holds.
#include <fmt/format.h>

#include "conformance/serve/admin_call.h"
#include "conformance/serve/scenarios.h"
#include "harness/wire/fault.h"

namespace assay::serve {

using nlohmann::json;

namespace {

json faults_of(const AdminCall& call, const std::string& fake) {
  const json all = call.worlds.faults(call.world());
  if (!all.contains(fake)) throw Refused{404, "the world has no fake \"" + fake + "\""};
  return all[fake];
}

const char* level_name(wire::FaultLevel level) {
  switch (level) {
    case wire::FaultLevel::exchange:
      return "exchange";
    case wire::FaultLevel::script:
      return "script";
    case wire::FaultLevel::listener:
      return "listener";
  }
  return "";
}

}  // namespace

Response list_scenarios(const AdminCall& call) {
  json out = json::array();
  for (const Scenario& one : need(load_scenarios(call.data)))
    out.push_back({{"name", one.name}, {"title", one.title}, {"from", one.of_case ? "case" : "scenario"}});
  return json_answer(200, {{"scenarios", std::move(out)}});
}

Response set_scenario(const AdminCall& call) {
  (void)call.world();
  const Document document = call.body();
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  const json* name = in.raw("name");
  if (name == nullptr || !(name->is_null() || (name->is_string() && !name->get<std::string>().empty())))
    in.problem("name", "expected the name of a scenario, or null for none");
  in.done();
  need_no(problems);
  return json_answer(
      200,
      to_json(need(call.worlds.set_scenario(call.name(), name->is_null() ? "" : name->get<std::string>()))));
}

Response list_faults(const AdminCall&) {
  json out = json::array();
  for (const wire::Fault& fault : wire::all_faults())
    out.push_back({{"name", fault.name},
                   {"level", level_name(fault.level)},
                   {"description", fault.description},
                   {"parameters", fault.parameters},
                   {"example", json::parse(fault.example, nullptr, false)},
                   {"lossless", fault.lossless}});
  return json_answer(200, {{"faults", std::move(out)}});
}

Response show_faults(const AdminCall& call) {
  return json_answer(200, {{"fakes", call.worlds.faults(call.world())}});
}

Response set_faults(const AdminCall& call) {
  const std::string& fake = call.path.at("fake");
  (void)faults_of(call, fake);
  const Document document = call.body();
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  for (const char* key : {"faults", "rules", "listen"}) {
    const json* list = in.raw(key);
    if (list != nullptr && !list->is_array()) in.problem(key, "expected a list");
  }
  in.done();
  need_no(problems);
  need(call.worlds.set_faults(call.name(), fake, document.value));
  return json_answer(200, faults_of(call, fake));
}

Response clear_faults(const AdminCall& call) {
  const std::string& fake = call.path.at("fake");
  (void)faults_of(call, fake);
  need(call.worlds.set_faults(call.name(), fake, json::object()));
  return json_answer(200, faults_of(call, fake));
}

Response show_setting(const AdminCall& call) {
  const std::string& setting = call.path.at("setting");
  json value = need(call.worlds.get(call.name(), setting));
  if (value.is_null()) throw Refused{404, "the world knows no \"" + setting + "\" (yet)"};
  return json_answer(200, {{"value", std::move(value)}});
}

Response set_setting(const AdminCall& call) {
  (void)call.world();
  const Document document = call.body();
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  const auto value = in.required<json>("value");
  in.done();
  need_no(problems);
  need_no_paths({{call.path.at("setting"), value}});
  need(call.worlds.set(call.name(), call.path.at("setting"), value));
  return json_answer(200, {{"value", value}});
}

Response release_hold(const AdminCall& call) {
  (void)call.world();
  const Document document = call.body();
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  const auto hold = in.required<std::string>("hold");
  in.done();
  need_no(problems);
  need(call.worlds.release(call.name(), hold));
  return json_answer(200, {{"released", hold}});
}

Response show_strict(const AdminCall& call) {
  return json_answer(200, need(call.worlds.strict(call.name())));
}

}  // namespace assay::serve

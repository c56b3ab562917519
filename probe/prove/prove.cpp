#include "probe/prove/prove.h"

#include <fmt/format.h>

#include "conformance/runner/case/world_spec.h"
#include "conformance/runner/judge/journal_query.h"
#include "fakes/fakes.h"

namespace assay::probe {
namespace {

using nlohmann::json;

constexpr const char* kKey = "sk-probe-proof-8Qk2mVbX0aLr5TzN";
constexpr const char* kModel = "probe-model";

json usual_settings() {
  return {{"models", {kModel, "other-model"}},
          {"auth", {{"keys", {kKey}}, {"models", "key"}, {"errors", "profile"}}}};
}

// Settings for one side in one protocol; what is said for the protocol replaces what is said for all.
json settings_of(const json& all, const std::map<std::string, json, std::less<>>& by_protocol,
                 stream::Protocol protocol) {
  const auto own = by_protocol.find(protocol_name(protocol));
  if (own != by_protocol.end()) return own->second;
  return all.is_null() ? json::object() : all;
}

struct Play {
  CheckResult result;
  std::string refused;  // why a fault could not be put on an answer: what came instead proves nothing
};

Result<Play> play(const Check& check, stream::Protocol protocol, const json& settings, const Shapes& shapes,
                  const ProofOptions& options) {
  auto world = ProofWorld::start(options.data_folder, settings);
  if (!world) return fail(check.id + ": " + world.error().message, check.file, check.line);
  auto target = (*world)->target(protocol);
  if (!target) return tl::unexpected(target.error());
  target->connection.stall_deadline = options.patience;
  constexpr std::int64_t plenty = 10'000'000;
  Budget budget({plenty, plenty});
  ProbeOptions probe;
  probe.repeat = options.repeat;
  const ProbeResult result = run_probe(make_plan({check}, *target, probe), *target, shapes, budget, probe);
  return Play{result.checks.front(), (*world)->refused_fault()};
}

}  // namespace

struct ProofWorld::State {
  SystemClock clock;
  Journal journal{clock};
  std::unique_ptr<World> world;
};

ProofWorld::ProofWorld(std::unique_ptr<State> state) : state_(std::move(state)) {}
ProofWorld::~ProofWorld() = default;

Result<std::unique_ptr<ProofWorld>> ProofWorld::start(const std::string& data_folder, const json& settings) {
  json inference = usual_settings();
  inference.merge_patch(settings);
  conformance::Case one;
  one.id = "proof";
  one.world = {{"provider", "openai"}, {"inference", std::move(inference)}};
  auto plan = conformance::plan_world(one, data_folder, 1);
  if (!plan) return tl::unexpected(plan.error());
  std::erase_if(plan->spec.fakes, [](const FakeSpec& fake) { return fake.kind != "inference-api"; });
  for (FakeSpec& fake : plan->spec.fakes) fake.names.clear();
  auto state = std::make_unique<State>();
  auto world = World::start(std::move(plan->spec), fakes::make_factory(data_folder + "/fixtures"),
                            conformance::path_aliases(), state->clock, state->journal);
  if (!world) return tl::unexpected(world.error());
  state->world = std::move(*world);
  return std::unique_ptr<ProofWorld>(new ProofWorld(std::move(state)));
}

Result<Target> ProofWorld::target(stream::Protocol protocol) const {
  auto target = make_target(state_->world->url("inference"), protocol);
  if (!target) return target;
  target->key = kKey;
  target->model = kModel;
  return target;
}

std::size_t ProofWorld::requests() const {
  std::size_t count = 0;
  for (const auto& entry : state_->journal.entries())
    if (entry->kind == JournalKind::request || entry->kind == JournalKind::unclaimed) ++count;
  return count;
}

std::string ProofWorld::refused_fault() const {
  for (const auto& entry : state_->journal.entries())
    if (entry->detail.is_object() && entry->detail.contains("fault_refused")) return entry->text;
  return {};
}

Result<ProofResult> prove(const Check& check, stream::Protocol protocol, const Shapes& shapes,
                          const ProofOptions& options) {
  const json right = settings_of(check.proof.right, check.proof.right_for, protocol);
  json wrong = right;
  wrong.merge_patch(settings_of(check.proof.wrong, check.proof.wrong_for, protocol));
  ProofResult out{check.id, protocol, {}, {}, {}};
  auto passed = play(check, protocol, right, shapes, options);
  if (!passed) return tl::unexpected(passed.error());
  auto failed = play(check, protocol, wrong, shapes, options);
  if (!failed) return tl::unexpected(failed.error());
  out.right = std::move(passed->result);
  out.wrong = std::move(failed->result);
  const Verdict expected = check.level == Level::must ? Verdict::fail : Verdict::warn;
  const std::string& refused = passed->refused.empty() ? failed->refused : passed->refused;
  if (!refused.empty()) {
    out.problem = "a fault was refused: " + refused;
  } else if (out.right.verdict != Verdict::pass) {
    out.problem = fmt::format("the right fake gets {}: {}", to_string(out.right.verdict), out.right.sentence);
  } else if (out.wrong.verdict != expected) {
    out.problem = fmt::format("the broken fake gets {}, not {}: {}", to_string(out.wrong.verdict),
                              to_string(expected), out.wrong.sentence);
  }
  return out;
}

}  // namespace assay::probe

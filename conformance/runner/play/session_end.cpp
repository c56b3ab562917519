// Session, after the last step: what came back, while the world is still up.
#include "conformance/runner/play/session_core.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "conformance/adapter_protocol.h"
#include "conformance/runner/case/turns.h"
#include "conformance/runner/play/refused_fault.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::conformance {

namespace fs = std::filesystem;
using nlohmann::json;

void Session::wind_up() {
  Observation& seen = played_.observation;
  for (auto& [label, begun] : started_) {
    // Started and never joined: its end belongs to the observation all the same.
    if (begun.actor->client) finish(begun, label);
  }
  started_.clear();
  over_.cancel();
  join_visits();
  seen.pages = pages_;
  for (auto& [name, actor] : actors_) {
    if (!actor.client) continue;
    if (const std::string broke = actor.client->broken(); !broke.empty() && played_.broken.empty())
      played_.broken = broke;
    seen.processes.push_back(actor.client->stop(adapter::grace));
  }
  if (sandbox_) played_.limit = sandbox_->reached_limit();
  if (!skipped_.empty() && played_.not_applicable.empty()) played_.not_applicable = skipped_;
  if (!errored_.empty() && played_.broken.empty())
    played_.broken = "the client could not do what it was asked: " + errored_;
  played_.flood = flood_.what();
  collect_traces();
  if (world_) world_->settle();
  if (world_) played_.strict = world_->strict_findings();
  if (options_.surroundings != nullptr) options_.surroundings->end();
  seen.journal = journal_.entries();
  seen.time = time_.seen();
  json provider = plan_.provider;
  provider["api_base_path"] = provider_of({}).value("api_base_path", "/v1");
  for (const auto& entry : seen.journal) {
    if (!entry->detail.is_object() || !entry->detail.contains("fault_refused")) continue;
    const std::string why =
        refused_by_client(*entry, seen.journal, provider, client_.fake.value("profile", ""));
    std::string& told = why.empty() ? played_.broken : played_.not_applicable;
    if (told.empty()) told = why.empty() ? entry->text : why;
  }
  for (const json& seed : plan_.provider.value("seeds", json::array()))
    seen.seeds.push_back(seed.get<std::string>());
  seen.turns = all_turns(options_.data_folder);
  seen.first_turn = plan_.first_turn;
  collect_world_secrets();
  note_written_folders();
  collect_credential_files();
  if (options_.search) seen.findings = options_.search(seen, secrets_);
  for (const process::Canary& secret : secrets_) played_.secrets.push_back(secret.value);
  // What references may still ask for is asked now: the world ends with this session.
  seen.resolve = [known = snapshot()](const std::string& name) {
    const auto found = known.find(name);
    return found == known.end() ? json() : found->second;
  };
}

void Session::join_visits() {
  // A visit that is still on its way may start no other: its list grows only on open_url, and the clients
  // have answered.
  std::vector<std::thread> visits;
  {
    const std::lock_guard lock(mutex_);
    visits.swap(visits_);
  }
  for (std::thread& visit : visits) visit.join();
}

void Session::collect_traces() {
  Observation& seen = played_.observation;
  if (actors_.empty()) return;
  const std::string home = actors_.begin()->second.home;
  struct stat info {};
  if (stat((home + "/auth.json").c_str(), &info) == 0) {
    seen.store_mode = static_cast<int>(info.st_mode & 07777U);
    const auto text = read_file(home + "/auth.json");
    seen.store = text ? parse_untrusted(*text) : json(json::value_t::discarded);
    if (!seen.store.is_discarded()) remember_secrets(seen.store);
  }
  // What checks for texts look at; secrets are searched for in everything.
  std::size_t left = std::size_t{64} << 20U;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(options_.scratch, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (!it->is_regular_file(error) || it->file_size(error) > (1U << 20U)) continue;
    // The credential store is where secrets belong.
    if (it->path().filename() == "auth.json") continue;
    auto text = read_file(it->path().string());
    if (text && text->size() > left) break;
    if (text) left -= text->size();
    if (text) seen.files[it->path().lexically_relative(options_.scratch).string()] = std::move(*text);
  }
}

// Where the clients could write, and what may stand there.
void Session::note_written_folders() {
  process::FileSearch homes;
  for (const auto& [name, actor] : actors_) {
    const std::string home = fs::path(actor.home).lexically_relative(options_.scratch).string();
    // The credential store, and what we ourselves put there.
    homes.stores.push_back(home + "/auth.json");
    const json given = case_.given.value("files", json::object());
    for (const auto& [path, text] : given.items())
      homes.stores.push_back((fs::path(home) / path).lexically_normal().string());
    for (const auto* recipe : {&client_.recipe, &client_.as_program}) {
      if (!*recipe) continue;
      for (const auto& [path, text] : (*recipe)->files)
        homes.stores.push_back((fs::path(home) / path).lexically_normal().string());
    }
  }
  auto& written = played_.observation.written;
  written.emplace_back(options_.scratch, homes);
  // Of a cell alone: on the machine others write there too.
  if (!sandbox_) return;
  const std::string inside = fmt::format("/proc/{}/root", sandbox_->init());
  for (const std::string folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
    process::FileSearch rest;
    rest.since_ns = clients_from_ns_;
    if (options_.scratch.starts_with(folder + "/"))
      rest.stores.push_back(options_.scratch.substr(folder.size() + 1));
    written.emplace_back(inside + folder, std::move(rest));
  }
}

// What a client keeps, wherever it keeps it. Codes and verifiers are spent and nobody's loss.
void Session::collect_credential_files() {
  std::vector<process::Canary> kept;
  std::copy_if(secrets_.begin(), secrets_.end(), std::back_inserter(kept), [](const process::Canary& secret) {
    return secret.name != "authorization code" && secret.name != "code verifier" &&
           secret.name != "device code";
  });
  process::FileSearch ours = played_.observation.written.front().second;
  std::erase_if(ours.stores, [](const std::string& path) { return path.ends_with("/auth.json"); });
  process::CanarySearch search(kept);
  search.in_files(options_.scratch, ours);
  for (const process::Leak& leak : search.leaks()) {
    // In an archive the rest of the place is the name of a member.
    fs::path file = fs::path(options_.scratch) / leak.place;
    struct stat info {};
    while (stat(file.c_str(), &info) != 0 && file.string().size() > options_.scratch.size())
      file = file.parent_path();
    played_.observation.credential_files.push_back(
        {leak.place, leak.secret, static_cast<int>(info.st_mode & 07777U)});
  }
}

// A fake that issues a secret, and those that check it for others, may be told it in a body.
void Session::collect_world_secrets() {
  if (!world_) return;
  std::vector<std::string> sinks;
  for (const FakeSpec& fake : plan_.spec.fakes)
    if (fake.kind != "inference-api") sinks.push_back(fake.name);
  // A login's result tells its spent verifier: the adapter protocol asks for it.
  std::set<std::string> told;
  for (const auto& [label, outcomes] : played_.observation.outcomes) {
    for (const Outcome& outcome : outcomes) {
      if (outcome.result.is_object() && outcome.result.contains("verifier") &&
          outcome.result["verifier"].is_string())
        told.insert(outcome.result["verifier"].get<std::string>());
    }
  }
  const auto known = [&](const std::string& value) {
    return told.contains(value) || std::any_of(secrets_.begin(), secrets_.end(),
                                               [&](const auto& secret) { return secret.value == value; });
  };
  for (const FakeSpec& fake : plan_.spec.fakes) {
    const json secrets = world_->get(fake.name + ".secrets");
    if (!secrets.is_object()) continue;
    for (const auto& [name, values] : secrets.items()) {
      for (const json& value : values.is_array() ? values : json::array({values})) {
        if (value.is_string() && value.get_ref<const std::string&>().size() >= 8 && !known(value))
          secrets_.push_back({name, value.get<std::string>(), sinks});
      }
    }
  }
}

}  // namespace assay::conformance

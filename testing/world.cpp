#include "testing/world.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "conformance/runner/case/own_paths.h"
#include "conformance/runner/judge/journal_query.h"
#include "conformance/serve/worlds.h"
#include "harness/base/yaml.h"

namespace assay::testing {
namespace {

using nlohmann::json;

[[noreturn]] void broken(const Error& error) {
  throw std::runtime_error("assay: " + error.text());
}

void need(const Result<void>& done) {
  if (!done) broken(done.error());
}

template <typename T>
T need(Result<T> done) {
  if (!done) broken(done.error());
  return std::move(*done);
}

conformance::JournalQuery query_of(const std::string& text) {
  return need(conformance::parse_query(text));
}

std::string data_folder(const char* package_data) {
  const char* named = std::getenv("ASSAY_DATA");
  return named != nullptr && *named != '\0' ? named : package_data;
}

}  // namespace

struct World::State {
  std::unique_ptr<serve::Worlds> worlds;
  serve::WorldView view() const { return worlds->find(serve::kDefaultWorld).value(); }
};

World::World(std::string_view yaml, WorldOptions options, const char* package_data, const char* test_file)
    : state_(std::make_unique<State>()) {
  serve::Worlds::Options settings;
  settings.data = options.data.empty() ? data_folder(package_data) : options.data;
  const std::filesystem::path source = test_file;
  const std::string folder = !options.folder.empty() ? options.folder
                             : source.is_absolute()  ? source.parent_path().string()
                                                     : std::filesystem::current_path().string();
  settings.provider = conformance::with_own_paths({{"provider", options.provider}}, folder)["provider"];
  settings.seed = options.seed;
  serve::WorldOrder order;
  order.scenario = options.scenario;
  order.keys = std::move(options.keys);
  if (!yaml.empty()) {
    order.world = need(load_yaml(yaml, "world")).value;
    if (!order.world.is_object()) broken({"expected a map of fakes", "world", 1});
    order.world = conformance::with_own_paths(std::move(order.world), folder);
  }
  state_->worlds = need(serve::Worlds::start(std::move(settings), std::move(order)));
}

World::~World() = default;
World::World(World&&) noexcept = default;
World& World::operator=(World&&) noexcept = default;

std::string World::url(std::string_view fake) const {
  const auto view = state_->view();
  const auto found = view.urls.find(std::string(fake));
  if (found != view.urls.end()) return found->second;
  std::vector<std::string> known;
  known.reserve(view.urls.size());
  for (const auto& [name, url] : view.urls) known.push_back(name);
  broken({unknown_word("fake", fake, known), {}, 0});
}

std::string World::key() const {
  return state_->view().key;
}

void World::set_faults(const std::string& fake, const json& faults) {
  need(state_->worlds->set_faults(serve::kDefaultWorld, fake, faults));
}

void World::set(const std::string& setting, const json& value) {
  need(state_->worlds->set(serve::kDefaultWorld, setting, value));
}

json World::get(const std::string& setting) const {
  return need(state_->worlds->get(serve::kDefaultWorld, setting));
}

void World::release(const std::string& hold) {
  need(state_->worlds->release(serve::kDefaultWorld, hold));
}

void World::advance(Micros by) {
  state_->view().era->clock.advance(by);
}

void World::reset() {
  (void)need(state_->worlds->reset(serve::kDefaultWorld));
}

std::vector<Request> World::requests(const std::string& query) const {
  const auto entries = state_->view().era->journal.entries();
  std::vector<Request> out;
  if (query.empty()) {
    for (const auto& entry : entries) {
      if (entry->kind == JournalKind::request) out.push_back(*entry->request);
    }
    return out;
  }
  for (const auto& entry : conformance::select(query_of(query), entries)) {
    if (entry->request) out.push_back(*entry->request);
  }
  return out;
}

bool World::wait_for(const std::string& query, Micros deadline, std::size_t count) const {
  const auto asked = query_of(query);
  const auto era = state_->view().era;
  conformance::Entries seen;
  // A status comes after its request, so an answer may complete what is asked for.
  return era->journal
      .wait(
          [&](const JournalEntry& entry) {
            if (!conformance::fits(asked, entry) && entry.kind != JournalKind::response) return false;
            seen.push_back(std::make_shared<const JournalEntry>(entry));
            return conformance::select(asked, seen).size() >= count;
          },
          deadline, query)
      .has_value();
}

std::vector<std::string> World::conversation() const {
  const auto entries = state_->view().era->journal.entries();
  std::map<std::uint64_t, int> statuses;
  for (const auto& entry : entries) {
    if (entry->kind == JournalKind::response) statuses[entry->exchange] = entry->status;
  }
  std::vector<std::string> out;
  for (const auto& entry : entries) {
    if (entry->kind != JournalKind::request) continue;
    const auto status = statuses.find(entry->exchange);
    out.push_back(fmt::format("{} {}{}", entry->actor, entry->text,
                              status == statuses.end() ? "" : fmt::format(" {}", status->second)));
  }
  return out;
}

std::vector<std::shared_ptr<const JournalEntry>> World::journal() const {
  return state_->view().era->journal.entries();
}

}  // namespace assay::testing

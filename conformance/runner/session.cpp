#include "conformance/runner/session.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "conformance/adapter_protocol.h"
#include "conformance/runner/exec_client.h"
#include "conformance/runner/journal_query.h"
#include "conformance/runner/judge.h"
#include "conformance/runner/port_holder.h"
#include "conformance/runner/turns.h"
#include "fakes/fakes.h"
#include "harness/base/text.h"
#include "harness/world/world.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Micros kOperationDeadline = seconds(15);
constexpr Micros kAwaitDeadline = seconds(10);
constexpr Micros kVisitDeadline = seconds(20);

// Thrown inside a session when going on makes no sense; what() is one line.
struct Stop {
  enum class Why { broken, could_not_run, not_applicable };
  Why why = Why::broken;
  std::string message;
};

class Session {
 public:
  Session(const Case& one, const WorldPlan& plan, const ClientSpec& client, const SessionOptions& options)
      : case_(one), plan_(plan), client_(client), options_(options), journal_(clock_) {}

  Played run() {
    try {
      set_up();
      for (const Step& step : case_.steps) {
        std::visit([&](const auto& action) { perform(action, step.text); }, step.action);
      }
    } catch (const Stop& stop) {
      note_stop(stop);
    }
    played_.acting = clock_.now() - played_.setup;
    wind_up();
    return std::move(played_);
  }

 private:
  struct Actor {
    std::string name;
    std::string home;
    std::unique_ptr<Client> client;
    std::map<std::uint64_t, std::string> labels;  // id → label of what was begun
  };
  struct Begun {
    Actor* actor = nullptr;
    std::uint64_t id = 0;
    Micros deadline{0};
  };
  struct SeenEvent {
    std::string label;
    json event;
  };

  void note_stop(const Stop& stop) {
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
    }
  }

  [[noreturn]] static void broken(std::string message) { throw Stop{Stop::Why::broken, std::move(message)}; }

  // --- before the first step

  void set_up() {
    for (const std::uint16_t port : plan_.ports_busy) {
      auto holder = PortHolder::hold(port);
      if (!holder) throw Stop{Stop::Why::could_not_run, holder.error().message};
      busy_.push_back(std::move(*holder));
    }
    auto world = World::start(plan_.spec, fakes::make_factory(options_.data_folder + "/fixtures"),
                              path_aliases(), clock_, journal_);
    if (!world) broken(world.error().text());
    world_ = std::move(*world);
    const json actors = case_.actors.empty() ? json{{"client", json::object()}} : case_.actors;
    for (const auto& [name, settings] : actors.items()) {
      Actor& actor = actors_[name];
      actor.name = name;
      const std::string home = settings.is_object() ? settings.value("home", name) : name;
      actor.home = options_.scratch + "/" + home;
      std::error_code error;
      fs::create_directories(actor.home, error);
      if (error) broken(actor.home + ": " + error.message());
      fs::permissions(actor.home, fs::perms::owner_all, error);
      played_.observation.homes[name] = actor.home;
    }
    give();
    for (auto& [name, actor] : actors_) start_client(actor);
    played_.setup = clock_.now();
  }

  // What `given:` says is there before the client starts.
  void give() {
    for (const auto& [key, value] : case_.given.items()) {
      if (key == "store") {
        const json store = value.is_string() ? value : need_resolved(value);
        for (const auto& [name, actor] : actors_) {
          const std::string text = store.is_string() ? store.get<std::string>() : store.dump(2);
          if (auto written = write_file_atomically(actor.home + "/auth.json", text); !written)
            broken(written.error().text());
          chmod((actor.home + "/auth.json").c_str(),
                static_cast<mode_t>(std::stoul(case_.given.value("store_mode", "600"), nullptr, 8)));
          remember_secrets(store);
        }
      } else if (key == "files") {
        for (const auto& [path, text] : value.items()) {
          for (const auto& [name, actor] : actors_) {
            fs::create_directories(fs::path(actor.home + "/" + path).parent_path());
            if (auto written = write_file_atomically(actor.home + "/" + path, text.get<std::string>());
                !written)
              broken(written.error().text());
          }
        }
      } else if (key != "env" && key != "store_mode") {
        broken("unknown key \"" + key + "\" in given; expected store, store_mode, files or env");
      }
    }
  }

  // Every long text under a key that names a secret.
  void remember_secrets(const json& value) {
    if (!value.is_object()) return;
    for (const auto& [key, item] : value.items()) {
      remember_secrets(item);
      const bool secret = key == "key" || key.ends_with("token") || key.ends_with("secret");
      if (secret && item.is_string() && item.get_ref<const std::string&>().size() >= 8)
        secrets_.emplace_back(key, item.get<std::string>());
    }
  }

  // Of two variables of one name the later one counts.
  static void set_variable(std::vector<std::string>& environment, const std::string& variable) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    std::erase_if(environment, [&](const std::string& one) { return one.starts_with(name); });
    environment.push_back(variable);
  }

  void start_client(Actor& actor) {
    Launch launch;
    launch.actor = actor.name;
    launch.argv = client_.argv;
    launch.environment = {"HOME=" + actor.home, "PATH=/usr/local/bin:/usr/bin:/bin", "TERM=dumb",
                          "LANG=C.UTF-8"};
    for (const std::string& variable : client_.environment) set_variable(launch.environment, variable);
    const json env = case_.given.value("env", json::object());
    for (const auto& [name, value] : env.items()) {
      set_variable(launch.environment, name + "=" + need_resolved(value).get<std::string>());
    }
    if (!case_.emulate.empty()) {
      auto extra = options_.emulation(case_.emulate, client_.argv.front());
      if (!extra) throw Stop{Stop::Why::could_not_run, extra.error().text()};
      launch.environment.insert(launch.environment.end(), extra->begin(), extra->end());
    }
    launch.directory = actor.home;
    if (client_.recipe) {
      actor.client = make_exec_client(*client_.recipe, std::move(launch), clock_);
    } else {
      auto started = start_adapter(launch, clock_, [this, &actor](std::uint64_t id, const json& event) {
        on_event(actor, id, event);
      });
      if (!started) broken(started.error().text());
      actor.client = std::move(*started);
    }
    played_.hello = actor.client->hello();
    const Hello& hello = played_.hello;
    if (hello.role != case_.role)
      throw Stop{Stop::Why::not_applicable,
                 fmt::format("the case is for the role {}, the client is a {}", case_.role, hello.role)};
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
      return std::find(all.begin(), all.end(), one) != all.end();
    };
    for (const std::string& need : case_.needs) {
      if (client_.manifest && !has(*client_.manifest, need)) {
        throw Stop{Stop::Why::not_applicable,
                   "the manifest of the client does not declare the capability \"" + need + "\""};
      }
      if (has(hello.capabilities, need)) continue;
      if (client_.manifest)
        broken("the manifest of the client declares the capability \"" + need + "\", its hello does not");
      throw Stop{Stop::Why::not_applicable, "the client has no capability \"" + need + "\""};
    }
  }

  // --- references

  json need_resolved(const json& value) {
    auto out = resolved(value, with_resolver());
    if (!out) broken(out.error().message);
    return std::move(*out);
  }

  Observation with_resolver() {
    Observation only;
    only.resolve = [this](const std::string& name) { return resolve(name); };
    return only;
  }

  // ${L.url}, ${L.user_code}, ${L.any/pointer}, ${browser.redirect}, ${turn.NAME.text}, ${fake.key}
  json resolve(const std::string& name) {
    const auto dot = name.find('.');
    const std::string first = name.substr(0, dot),
                      rest = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (first == "browser") {
      const std::lock_guard lock(mutex_);
      if (pages_.empty()) return nullptr;
      const json* found = at_pointer(pages_.back(), "/" + rest);
      return found == nullptr ? json() : *found;
    }
    if (first == "turn") {
      const auto inner = rest.find('.');
      auto turn = load_turn(options_.data_folder, rest.substr(0, inner));
      if (!turn) return nullptr;
      const json* found =
          at_pointer(*turn, "/" + rest.substr(inner == std::string::npos ? rest.size() : inner + 1));
      return found == nullptr ? json() : *found;
    }
    if (first == "secret") {
      for (const auto& [key, value] : secrets_) {
        if (key == rest) return value;
      }
      return nullptr;
    }
    {
      const std::lock_guard lock(mutex_);
      for (auto it = events_.rbegin(); it != events_.rend(); ++it) {
        if (it->label == first && it->event.contains(rest)) return it->event[rest];
      }
    }
    if (const auto found = played_.observation.outcomes.find(first);
        found != played_.observation.outcomes.end() && !found->second.empty()) {
      const json* value = at_pointer(found->second.back().result, "/" + rest);
      if (value != nullptr) return *value;
      if (const auto& request = found->second.back().request; request.contains(rest)) return request[rest];
    }
    return world_ ? world_->get(name) : json();
  }

  // --- operations

  Actor& actor_of(const std::string& name) {
    if (name.empty()) return actors_.begin()->second;
    const auto found = actors_.find(name);
    if (found == actors_.end()) broken("there is no actor \"" + name + "\" in this case");
    return found->second;
  }

  json provider_of(const std::string& second) const {
    json provider = plan_.provider;
    if (!second.empty()) provider["id"] = second;
    return provider;
  }

  json request_for(const Operation& operation, const Actor& actor) {
    json request = need_resolved(operation.fields);
    request["op"] = operation.op;
    if (!operation.provider.empty() && !plan_.second.contains(operation.provider))
      broken("there is no second provider \"" + operation.provider + "\" in the world");
    request["provider"] = provider_of(operation.provider);
    request["urls"] = client_urls(plan_, *world_, operation.provider);
    request["home"] = actor.home;
    const Micros deadline =
        std::max(client_.patience, operation.deadline == Micros(0) ? kOperationDeadline : operation.deadline);
    request["deadline_ms"] = deadline.count() / 1000;
    if (request.contains("providers")) {
      json all = json::array();
      for (const json& name : request["providers"]) {
        const std::string second = name == plan_.provider["id"] ? "" : name.get<std::string>();
        all.push_back({{"provider", provider_of(second)}, {"urls", client_urls(plan_, *world_, second)}});
      }
      request["providers"] = std::move(all);
    }
    if (request.contains("credential")) remember_secrets(request["credential"]);
    if (operation.op == "login" && request.contains("key")) remember_secrets({{"key", request["key"]}});
    return request;
  }

  Begun begin(const Operation& operation) {
    Actor& actor = actor_of(operation.actor);
    if (!actor.client) broken("the actor " + actor.name + " is not running");
    json request = request_for(operation, actor);
    journal_.note(
        "client", JournalKind::action,
        fmt::format("begins {}{}", operation.op, operation.label.empty() ? "" : " as " + operation.label),
        actors_.size() > 1 ? json{{"actor", actor.name}} : json());
    const Micros deadline = milliseconds(request["deadline_ms"].get<std::int64_t>()) + adapter::grace;
    // An event may come before begin() returns; on_event waits for this lock and then knows the label.
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = actor.client->begin(std::move(request));
    actor.labels[id] = operation.label;
    return {&actor, id, deadline};
  }

  void finish(const Begun& begun, const std::string& label) {
    Outcome outcome = begun.actor->client->finish(begun.id, begun.deadline);
    outcome.label = label;
    if (outcome.end == Outcome::End::timeout)
      outcome.result["message"] = fmt::format("{}, {} requests sent", outcome.result.value("message", ""),
                                              requests_since(outcome.started));
    json detail = {{"ok", outcome.end == Outcome::End::result ? outcome.result.value("ok", json()) : json()}};
    if (outcome.result.is_object() && outcome.result.contains("error"))
      detail["error"] = outcome.result["error"];
    if (actors_.size() > 1) detail["actor"] = begun.actor->name;
    const char* how = outcome.end == Outcome::End::result    ? "ends"
                      : outcome.end == Outcome::End::timeout ? "timed out in"
                      : outcome.end == Outcome::End::crash   ? "crashed in"
                                                             : "refused";
    journal_.note("client", JournalKind::action,
                  fmt::format("{} {}{}", how, outcome.op, label.empty() ? "" : " as " + label),
                  std::move(detail));
    if (outcome.end == Outcome::End::skipped) skipped_ = outcome.result.value("reason", "skipped");
    if (outcome.end == Outcome::End::errored && errored_.empty())
      errored_ = outcome.op + ": " + outcome.result.value("message", "");
    played_.observation.outcomes[label].push_back(std::move(outcome));
  }

  std::size_t requests_since(Micros start) const {
    const auto entries = journal_.entries();
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](const auto& entry) {
      return entry->kind == JournalKind::request && entry->at >= start;
    }));
  }

  void perform(const Step::Do& step, const std::string&) {
    finish(begin(step.operation), step.operation.label);
  }

  void perform(const Step::Start& step, const std::string&) {
    started_[step.operation.label] = begin(step.operation);
  }

  void perform(const Step::Join& step, const std::string&) {
    const auto found = started_.find(step.label);
    if (found == started_.end()) broken("join " + step.label + ": it was not started");
    finish(found->second, step.label);
    started_.erase(found);
  }

  void perform(const Step::Cancel& step, const std::string&) {
    const auto found = started_.find(step.label);
    if (found == started_.end()) broken("cancel " + step.label + ": it was not started");
    journal_.note("client", JournalKind::action, "cancel " + step.label);
    Client& client = *found->second.actor->client;
    const std::uint64_t id = client.begin({{"op", "cancel"}, {"target", found->second.id}});
    (void)client.finish(id, kAwaitDeadline);
    finish(found->second, step.label);
    started_.erase(found);
  }

  void perform(const Step::Answer& step, const std::string&) {
    Actor* actor = &actors_.begin()->second;
    json request = {{"op", "answer"}, {"prompt", step.prompt}, {"text", need_resolved(step.text)}};
    if (!step.label.empty()) {
      const auto found = started_.find(step.label);
      if (found == started_.end()) broken("answer of " + step.label + ": it was not started");
      actor = found->second.actor;
      request["target"] = found->second.id;
    }
    const std::uint64_t id = actor->client->begin(std::move(request));
    (void)actor->client->finish(id, kAwaitDeadline);
  }

  void perform(const Step::Await& step, const std::string&) {
    const Micros deadline = step.deadline == Micros(0) ? kAwaitDeadline : step.deadline;
    if (step.kind == "journal") {
      const auto query = parse_query(step.what);
      if (!query) broken(query.error().message);
      const std::uint64_t wanted = std::max(query->nth, step.count);
      std::uint64_t after = 0;
      for (std::uint64_t i = 0; i < wanted; ++i) {
        const auto found = journal_.wait([&](const JournalEntry& e) { return fits(*query, e); }, deadline,
                                         "\"" + step.what + "\"", after);
        if (!found) return missed(found.error().message);
        after = (*found)->seq;
      }
      return;
    }
    std::unique_lock lock(mutex_);
    auto count = [&] {
      return static_cast<std::uint64_t>(
          std::count_if(events_.begin(), events_.end(), [&](const SeenEvent& seen) {
            if (!step.label.empty() && seen.label != step.label) return false;
            if (step.kind == "prompt")
              return seen.event.value("kind", "") == "prompt" && seen.event.value("prompt", "") == step.what;
            return seen.event.value("kind", "") == step.what;
          }));
    };
    auto over = [&] {
      // A client that has answered or died will not say it any more.
      return std::all_of(started_.begin(), started_.end(),
                         [](const auto& one) { return one.second.actor->client->ended(one.second.id); });
    };
    if (step.kind == "ended") {
      const auto found = started_.find(step.what);
      if (found == started_.end()) return;
      lock.unlock();
      // finish() keeps its answer for the join that follows.
      (void)found->second.actor->client->finish(found->second.id, deadline);
      return;
    }
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (count() < step.count) {
      if (over() ||
          changed_.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + milliseconds(100))) ==
              std::cv_status::timeout) {
        if (count() >= step.count) break;
        if (over() || std::chrono::steady_clock::now() >= until) {
          lock.unlock();
          return missed(
              fmt::format("{} {} was not seen within {}", step.kind, step.what, format_duration(deadline)));
        }
      }
    }
  }

  // The client did not do what the next step waits for. The steps go on: the checks say what that means.
  void missed(const std::string& what) {
    journal_.note("world", JournalKind::note, "awaited in vain: " + what);
  }

  void perform(const Step::Parallel& step, const std::string&) {
    // Requests are sent from one thread each, released together.
    std::vector<Begun> begun(step.operations.size());
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < step.operations.size(); ++i) begun[i] = begin(step.operations[i]);
    for (std::size_t i = 0; i < begun.size(); ++i) finish(begun[i], step.operations[i].label);
  }

  void perform(const Step::Repeat& step, const std::string&) {
    for (std::uint64_t i = 0; i < step.times; ++i) finish(begin(step.operation), step.operation.label);
  }

  void perform(const Step::Set& step, const std::string&) {
    for (const auto& [name, value] : step.values) {
      journal_.note("world", JournalKind::action, "set " + name, value);
      if (auto done = world_->set(name, need_resolved(value)); !done) broken("set: " + done.error().message);
    }
  }

  void perform(const Step::ClockStep& step, const std::string& text) {
    clock_.advance(step.advance);
    journal_.note("world", JournalKind::action, text);
  }

  void perform(const Step::Restart& step, const std::string&) {
    Actor& actor = actor_of(step.actor);
    journal_.note("client", JournalKind::action, "restart");
    if (actor.client) played_.observation.processes.push_back(actor.client->stop(adapter::grace));
    actor.client.reset();
    actor.labels.clear();
    start_client(actor);
  }

  void perform(const Step::Kill& step, const std::string&) {
    Actor& actor = actor_of(step.actor);
    journal_.note("client", JournalKind::action, "kill");
    if (actor.client) actor.client->kill();
  }

  void perform(const Step::Release& step, const std::string&) { world_->release(step.name); }

  void perform(const Step::Visit& step, const std::string&) {
    std::string url = step.url.empty() ? last_url() : need_resolved(step.url).get<std::string>();
    if (url.empty()) return missed("a login page to visit");
    visit(url, merged_plan(step.plan));
  }

  // --- the browser

  std::string last_url() {
    const std::lock_guard lock(mutex_);
    for (auto it = events_.rbegin(); it != events_.rend(); ++it) {
      if (it->event.value("kind", "") == "open_url") return it->event.value("url", "");
    }
    return {};
  }

  json merged_plan(const json& over) const {
    json plan = case_.browser;
    plan.merge_patch(over);
    return plan;
  }

  void visit(const std::string& url, const json& plan) {
    json page = options_.browse(url, plan, journal_, clock_);
    const std::lock_guard lock(mutex_);
    pages_.push_back(std::move(page));
    changed_.notify_all();
  }

  void on_event(Actor& actor, std::uint64_t id, const json& event) {
    std::string url;
    {
      const std::lock_guard lock(mutex_);
      events_.push_back({actor.labels[id], event});
      if (event.value("kind", "") == "open_url") {
        url = event.value("url", "");
        journal_.note("client", JournalKind::action, "opens " + url);
        // The user agent walks on its own while the client waits for it.
        visits_.emplace_back([this, url] { visit(url, case_.browser); });
      }
    }
    changed_.notify_all();
  }

  // --- after the last step

  void wind_up() {
    Observation& seen = played_.observation;
    for (auto& [label, begun] : started_) {
      // Started and never joined: its end belongs to the observation all the same.
      if (begun.actor->client) finish(begun, label);
    }
    started_.clear();
    join_visits();
    seen.pages = pages_;
    for (auto& [name, actor] : actors_) {
      if (!actor.client) continue;
      if (const std::string broke = actor.client->broken(); !broke.empty() && played_.broken.empty())
        played_.broken = broke;
      seen.processes.push_back(actor.client->stop(adapter::grace));
    }
    if (!skipped_.empty() && played_.not_applicable.empty()) played_.not_applicable = skipped_;
    if (!errored_.empty() && played_.broken.empty())
      played_.broken = "the client could not do what it was asked: " + errored_;
    collect_traces();
    if (world_) world_->settle();
    seen.journal = journal_.entries();
    for (const auto& entry : seen.journal) {
      if (entry->detail.is_object() && entry->detail.contains("fault_refused") && played_.broken.empty())
        played_.broken = entry->text;
    }
    for (const json& seed : plan_.provider.value("seeds", json::array()))
      seen.seeds.push_back(seed.get<std::string>());
    seen.turns = all_turns(options_.data_folder);
    seen.first_turn = plan_.first_turn;
    collect_world_secrets();
    if (options_.search) seen.findings = options_.search(seen, secrets_);
    for (const auto& [name, value] : secrets_) played_.secrets.push_back(value);
    // What references may still ask for is asked now: the world ends with this session.
    seen.resolve = [known = snapshot()](const std::string& name) {
      const auto found = known.find(name);
      return found == known.end() ? json() : found->second;
    };
  }

  // Every ${name} that the checks mention, while the world can still answer.
  std::map<std::string, json> snapshot() {
    std::map<std::string, json> known;
    for (const Check& check : case_.checks) {
      const std::string text = check.source.dump();
      for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
        const std::string name = text.substr(at + 2, text.find('}', at) - at - 2);
        known[name] = resolve(name);
      }
    }
    return known;
  }

  void join_visits() {
    // A visit that is still on its way may start no other: its list grows only on open_url, and the clients
    // have answered.
    std::vector<std::thread> visits;
    {
      const std::lock_guard lock(mutex_);
      visits.swap(visits_);
    }
    for (std::thread& visit : visits) visit.join();
  }

  void collect_traces() {
    Observation& seen = played_.observation;
    if (actors_.empty()) return;
    const std::string home = actors_.begin()->second.home;
    struct stat info {};
    if (stat((home + "/auth.json").c_str(), &info) == 0) {
      seen.store_mode = static_cast<int>(info.st_mode & 07777U);
      const auto text = read_file(home + "/auth.json");
      seen.store = text ? json::parse(*text, nullptr, false) : json(json::value_t::discarded);
      if (!seen.store.is_discarded()) remember_secrets(seen.store);
    }
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(options_.scratch, error); !error && it != fs::end(it);
         it.increment(error)) {
      if (!it->is_regular_file(error) || it->file_size(error) > (1U << 20U)) continue;
      // The credential store is where secrets belong.
      if (it->path().filename() == "auth.json") continue;
      if (auto text = read_file(it->path().string()))
        seen.files[it->path().lexically_relative(options_.scratch).string()] = std::move(*text);
    }
  }

  void collect_world_secrets() {
    if (!world_) return;
    for (const FakeSpec& fake : plan_.spec.fakes) {
      const json secrets = world_->get(fake.name + ".secrets");
      if (!secrets.is_object()) continue;
      for (const auto& [name, values] : secrets.items()) {
        for (const json& value : values.is_array() ? values : json::array({values})) {
          if (value.is_string() && value.get_ref<const std::string&>().size() >= 8)
            secrets_.emplace_back(name, value.get<std::string>());
        }
      }
    }
  }

  const Case& case_;
  const WorldPlan& plan_;
  const ClientSpec& client_;
  const SessionOptions& options_;
  SystemClock clock_;
  Journal journal_;
  std::vector<PortHolder> busy_;
  std::unique_ptr<World> world_;
  Played played_;
  std::string skipped_, errored_;
  std::vector<std::pair<std::string, std::string>> secrets_;
  std::map<std::string, Begun> started_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenEvent> events_;
  std::vector<json> pages_;
  std::vector<std::thread> visits_;
  // Last: its clients' threads call on_event, which uses what stands above.
  std::map<std::string, Actor> actors_;
};

}  // namespace

void to_json(json& out, const ClientSpec& client) {
  out = {{"name", client.name},
         {"argv", client.argv},
         {"environment", client.environment},
         {"version", client.version},
         {"patience_us", client.patience.count()}};
  if (client.recipe) out["recipe"] = *client.recipe;
  if (client.manifest) out["manifest"] = *client.manifest;
}

void from_json(const json& in, ClientSpec& client) {
  in.at("name").get_to(client.name);
  in.at("argv").get_to(client.argv);
  in.at("environment").get_to(client.environment);
  in.at("version").get_to(client.version);
  client.patience = Micros(in.at("patience_us").get<std::int64_t>());
  if (in.contains("recipe")) client.recipe = in["recipe"].get<Recipe>();
  if (in.contains("manifest")) client.manifest = in["manifest"].get<std::vector<std::string>>();
}

Played play(const Case& one, const WorldPlan& plan, const ClientSpec& client, const SessionOptions& options) {
  return Session(one, plan, client, options).run();
}

}  // namespace assay::conformance

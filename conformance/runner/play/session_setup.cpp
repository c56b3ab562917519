// Session, before the first step: the world, the homes and the clients.
#include "conformance/runner/play/session_core.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <future>

#include "conformance/runner/case/account.h"
#include "conformance/runner/client/applies.h"
#include "conformance/runner/client/start_client.h"
#include "conformance/runner/judge/journal_query.h"
#include "fakes/fakes.h"
#include "harness/base/text.h"

namespace assay::conformance {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Addresses of the Internet: in a cell all of them are local.
constexpr const char* kPublicNetwork = "20.20.20.";

// Whether a person takes the page from the screen.
bool shows_page(const LoginRecipe& login) {
  return std::any_of(login.steps.begin(), login.steps.end(),
                     [](const LoginStep& step) { return !step.open.empty(); });
}

Reports reports_of(const Hello& hello, const ClientSpec& client) {
  Reports out{std::nullopt, has_capability(hello.capabilities, "store")};
  if (hello.reports) out.fields.emplace(hello.reports->begin(), hello.reports->end());
  if (!client.only_reports) return out;
  std::set<std::string> only;
  for (const std::string& name : *client.only_reports) {
    if (out.has(name)) only.insert(name);
  }
  out.fields = std::move(only);
  out.store = out.fields->contains("store");
  return out;
}

}  // namespace

void Session::set_up() {
  // An adapter says more in its hello.
  played_.protocol = options_.protocol.empty()
                         ? spoken_protocol(case_, client_.protocols, plan_.provider.value("default_api", ""))
                         : options_.protocol;
  for (const std::uint16_t port : plan_.ports_busy) {
    auto holder = PortHolder::hold(port);
    if (!holder) throw Stop{Stop::Why::could_not_run, holder.error().message};
    busy_.push_back(std::move(*holder));
  }
  auto spec = secured(plan_, client_.hosts, options_.surroundings);
  if (!spec) throw Stop{Stop::Why::could_not_run, spec.error().message};
  if (client_.public_address) spec->secure_network = kPublicNetwork;
  spec->keep_answers = true;
  for (FakeSpec& fake : spec->fakes) {
    if (fake.kind != "inference-api") continue;
    for (const auto& [key, value] : client_.fake.items()) {
      if (!fake.settings.contains(key)) fake.settings[key] = value;
    }
  }
  auto world = World::start(std::move(*spec), fakes::make_factory(options_.data_folder + "/fixtures"),
                            path_aliases(), clock_, journal_);
  if (!world) broken(world.error().text());
  world_ = std::move(*world);
  if (plan_.needs_cell && options_.surroundings == nullptr)
    throw Stop{Stop::Why::could_not_run, "the case needs a cell"};
  if (options_.surroundings != nullptr) {
    if (auto begun = options_.surroundings->begin(*world_, journal_); !begun)
      throw Stop{Stop::Why::could_not_run, begun.error().message};
  }
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
    // One that others share has its disk already.
    if (!disks_.contains(actor.home)) {
      auto disk = mount_disk(case_.machine, actor.home);
      if (!disk) throw Stop{Stop::Why::could_not_run, disk.error().message};
      disks_.emplace(actor.home, std::move(*disk));
    }
    if (case_.machine.opener) {
      auto opener = Opener::make(actor.home + "/.assay-opener", [this](const std::string& url) {
        journal_.note("opener", JournalKind::action, "exec", {{"argv", {"xdg-open", url}}});
      });
      if (!opener) broken(opener.error().text());
      openers_.emplace(name, std::move(*opener));
    }
    for (const auto& [below, path] : client_.home_reads) {
      const fs::path link = fs::path(actor.home) / below;
      fs::create_directories(link.parent_path(), error);
      if (!fs::exists(fs::symlink_status(link, error))) fs::create_symlink(path, link, error);
      if (error) broken(link.string() + ": " + error.message());
    }
    played_.observation.homes[name] = actor.home;
  }
  give();
  if (options_.surroundings != nullptr) {
    auto sandbox = options_.surroundings->sandbox();
    if (!sandbox) broken(sandbox.error().text());
    sandbox_ = std::move(*sandbox);
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // the clock that files are stamped by
  clients_from_ns_ = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  start_clients();
  if (!options_.not_asked.empty()) throw Stop{Stop::Why::not_applicable, options_.not_asked};
  played_.setup = clock_.machine_time(clock_.now());
}

// The credential of the case as an entry of auth.json, for clients that keep one; an adapter says only in its
// hello whether it does.
json Session::store_given() const {
  json given = case_.given.value("store", json());
  const bool programs = client_.recipe && !has_capability(capabilities_of(*client_.recipe), "store");
  if (case_.credential.empty() || programs) return given;
  json store = given.is_object() ? given : json::object();
  store[plan_.provider.value("id", "")] = case_.credential;
  return store;
}

// What `given:` says is there before the client starts.
void Session::give() {
  remember_secrets(case_.credential);
  if (const json store = store_given(); !store.is_null()) {
    const std::string text = store.is_string() ? store.get<std::string>() : need_resolved(store).dump(2);
    for (const auto& [name, actor] : actors_) {
      if (auto written = write_file_atomically(actor.home + "/auth.json", text); !written)
        broken(written.error().text());
      chmod((actor.home + "/auth.json").c_str(),
            static_cast<mode_t>(std::stoul(case_.given.value("store_mode", "600"), nullptr, 8)));
    }
    if (store.is_object()) remember_secrets(need_resolved(store));
  }
  for (const auto& [key, value] : case_.given.items()) {
    if (key == "files") {
      for (const auto& [path, text] : value.items()) {
        for (const auto& [name, actor] : actors_) {
          fs::create_directories(fs::path(actor.home + "/" + path).parent_path());
          if (auto written = write_file_atomically(actor.home + "/" + path, text.get<std::string>());
              !written)
            broken(written.error().text());
        }
      }
    } else if (key != "env" && key != "store" && key != "store_mode") {
      broken("given: " + unknown_word("key", key, {"store", "store_mode", "files", "env"}));
    }
  }
}

// Several at the same time: a process takes most of its start to load.
void Session::start_clients() {
  std::vector<std::pair<Actor*, std::future<Result<std::unique_ptr<Client>>>>> starting;
  for (auto& [name, actor] : actors_) {
    const auto launch = actors_.size() > 1 ? std::launch::async : std::launch::deferred;
    starting.emplace_back(&actor, std::async(launch, [this, &actor = actor, launch = launch_of(actor)] {
      return make_client(actor, launch);
    }));
  }
  for (auto& [actor, future] : starting) take_client(*actor, future.get());
}

void Session::start_client(Actor& actor) {
  take_client(actor, make_client(actor, launch_of(actor)));
}

Launch Session::launch_of(const Actor& actor) {
  Launch launch;
  launch.actor = actor.name;
  launch.environment = client_environment(
      client_, actor.home,
      options_.surroundings != nullptr ? options_.surroundings->environment() : std::vector<std::string>());
  const json env = case_.given.value("env", json::object());
  for (const auto& [name, value] : env.items()) {
    set_variable(launch.environment, name + "=" + need_resolved(value).get<std::string>());
  }
  auto extra = machine_environment(case_.machine, client_.argv.front());
  if (!extra) throw Stop{Stop::Why::could_not_run, extra.error().text()};
  launch.environment.insert(launch.environment.end(), extra->begin(), extra->end());
  if (const auto found = openers_.find(actor.name); found != openers_.end()) {
    std::string path;
    for (const std::string& variable : launch.environment) {
      if (variable.starts_with("PATH=")) path = variable.substr(5);
    }
    for (const std::string& variable : found->second->environment(path))
      set_variable(launch.environment, variable);
  }
  launch.directory = actor.home;
  launch.sandbox = sandbox_.get();
  launch.headless = case_.machine.headless;
  launch.on_output = [this](const process::OutputChunk& chunk) { flood_.count_output(chunk.bytes.size()); };
  if (auto timed = time_.apply(launch); !timed) throw Stop{Stop::Why::could_not_run, timed.error().message};
  return launch;
}

// Touches nothing that another thread uses.
Result<std::unique_ptr<Client>> Session::make_client(Actor& actor, Launch launch) {
  const auto told = [this, &actor](std::uint64_t id, const json& event) { on_event(actor, id, event); };
  const bool process = std::find(case_.needs.begin(), case_.needs.end(), "process") != case_.needs.end();
  return conformance::start_client(client_, std::move(launch), process, clock_, told);
}

// Its hello must do for the case.
void Session::take_client(Actor& actor, Result<std::unique_ptr<Client>> made) {
  if (!made) broken(made.error().text());
  set_client(actor, std::move(*made));
  if (client_.program) return;
  // Several actors are one client: all say the same.
  played_.hello = actor.client->hello();
  played_.reports = reports_of(played_.hello, client_);
  must_do(played_.hello);
  played_.protocol = protocol_for(played_.hello);
}

void Session::must_do(const Hello& hello) const {
  if (hello.role != case_.role)
    throw Stop{Stop::Why::not_applicable,
               fmt::format("the case is for the role {}, the client is a {}", case_.role, hello.role)};
  for (const std::string& need : case_.needs) {
    if (client_.manifest && !has_capability(*client_.manifest, need)) {
      throw Stop{Stop::Why::not_applicable,
                 "the manifest of the client does not declare the capability \"" + need + "\""};
    }
    if (has_capability(hello.capabilities, need)) continue;
    if (client_.manifest)
      broken("the manifest of the client declares the capability \"" + need + "\", its hello does not");
    throw Stop{Stop::Why::not_applicable, "the client has no capability \"" + need + "\""};
  }
  if (const std::string why = other_list(case_, client_, hello.capabilities); !why.empty())
    throw Stop{Stop::Why::not_applicable, why};
  if (const std::string why = other_provider(case_, client_); !why.empty())
    throw Stop{Stop::Why::not_applicable, why};
  if (const std::string why = wrong_flow(case_, flow_of(client_)); !why.empty())
    throw Stop{Stop::Why::not_applicable, why};
  if (case_.machine.headless && client_.recipe && !shows_page(client_.recipe->login))
    throw Stop{Stop::Why::not_applicable,
               "its file does not say what a person does when the program finds no browser"};
  if (const std::string why = not_observed(case_.observed_by, reports_of(hello, client_)); !why.empty())
    throw Stop{Stop::Why::not_applicable, why};
}

std::string Session::protocol_for(const Hello& hello) const {
  const std::string why = wrong_protocol(case_, hello.capabilities, options_.protocol);
  if (!why.empty()) throw Stop{Stop::Why::not_applicable, why};
  if (!options_.protocol.empty()) return options_.protocol;
  return spoken_protocol(case_, protocols_of(hello.capabilities), plan_.provider.value("default_api", ""));
}

// By what the client said in the start check. Its role and its reports are asked of itself.
std::string Session::known_not_to_apply() const {
  const bool process = has_capability(case_.needs, "process");
  if (!client_.claims || client_.manifest || (client_.as_program && process)) return {};
  Hello hello;
  hello.role = case_.role;
  hello.capabilities = *client_.claims;
  try {
    must_do(hello);
    (void)protocol_for(hello);
  } catch (const Stop& stop) {
    return stop.message;
  }
  return {};
}

// What this machine lacks matters to a client that can do what the case needs. One that cannot is asked here,
// by a process of its own where it takes one: nothing of the case was started yet.
std::string Session::asked_beforehand() {
  if (client_.program) return {};
  Actor actor;
  actor.name = "hello";
  actor.home = options_.scratch + "/.hello";
  std::error_code ignored;
  fs::create_directories(actor.home, ignored);
  Launch launch;
  launch.actor = actor.name;
  launch.environment = client_environment(client_, actor.home);
  launch.directory = actor.home;
  const auto client = make_client(actor, std::move(launch));
  std::string why;
  try {
    if (client) {
      must_do((*client)->hello());
      (void)protocol_for((*client)->hello());
    }
  } catch (const Stop& stop) {
    if (stop.why == Stop::Why::not_applicable) why = stop.message;
  }
  fs::remove_all(actor.home, ignored);
  return why;
}

}  // namespace assay::conformance

#include "harness/world/shared_listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <unordered_map>

#include "harness/base/text.h"
#include "harness/world/plain_request.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr std::string_view kPlace = "/w/";
constexpr std::string_view kWellKnown = "/.well-known/";
constexpr std::size_t kRemembered = 4096;  // connections that have ended

// One world that has moved in.
struct Tenant {
  std::uint64_t id = 0;
  std::string name;
  std::vector<std::string> keys;
  http::Handler* handler = nullptr;
  Journal* journal = nullptr;
  Micros began{0};    // of its clock, by that of the listeners
  bool gone = false;  // under the listeners' mutex
  std::mutex mutex;
  std::set<std::string> holds;  // that its answers were given, as they are called here

  std::string hold_name(const std::string& own) const { return fmt::format("{}#{}", id, own); }
};
using TenantPtr = std::shared_ptr<Tenant>;

std::shared_ptr<const Request> with_target(const std::shared_ptr<const Request>& request,
                                           const std::string& target) {
  if (request->target == target) return request;
  auto copy = std::make_shared<Request>(*request);
  copy->target = target;
  return copy;
}

class Shared final : public SharedListeners, public http::Handler {
 public:
  explicit Shared(const Clock& clock) : clock_(clock), journal_(clock, 1) {
    journal_.set_listener([this](const JournalEntry& entry) { pass_on(entry); });
  }
  Result<void> open(std::vector<http::ListenerSpec> listeners, http::Limits limits, unsigned threads) {
    for (const auto& listener : listeners) names_.insert(listener.name);
    auto server = http::Server::start(std::move(listeners), *this, journal_, clock_, limits, threads);
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);
    return {};
  }

  ServerStarter entrance(std::string name, std::vector<std::string> keys) override;
  void on_answer(AnswerListener listener) override { answer_listener_ = std::move(listener); }

  // http::Handler
  std::optional<http::Answer> on_head(const http::Incoming& incoming) override {
    const Place place = place_of(*incoming.request);
    if (!place.tenant) return std::nullopt;
    auto answer = place.tenant->handler->on_head(seen_by(place, incoming));
    if (!answer) return std::nullopt;
    return given(place, incoming.exchange, std::move(*answer));
  }

  std::shared_ptr<const Request> read(std::shared_ptr<const Request> request) override {
    return plain_request(std::move(request));
  }

  http::Answer on_request(const http::Incoming& incoming) override {
    const Place place = place_of(*incoming.request);
    if (!place.tenant) {
      JournalEntry entry;
      entry.actor = incoming.listener;
      entry.kind = JournalKind::unclaimed;
      entry.connection = incoming.connection;
      entry.exchange = incoming.exchange;
      entry.text = incoming.request->method + " " + incoming.request->target;
      entry.request = incoming.request;
      journal_.append(std::move(entry));
      const std::string why =
          place.name.empty() ? "no world answers here" : "there is no world named " + place.name;
      return wire::serialize(
          make_response(404, "application/json", json{{"error", {{"message", "assay: " + why}}}}.dump()),
          {.keep_alive = incoming.keep_alive, .head_request = incoming.request->method == "HEAD"});
    }
    return given(place, incoming.exchange, place.tenant->handler->on_request(seen_by(place, incoming)));
  }

  bool on_upgrade(const http::Incoming& incoming) override {
    const Place place = place_of(*incoming.request);
    return place.tenant && place.tenant->handler->on_upgrade(seen_by(place, incoming));
  }

  void on_message(const http::Incoming& incoming, std::string message, bool binary) override {
    const Place place = place_of(*incoming.request);
    if (place.tenant) place.tenant->handler->on_message(seen_by(place, incoming), std::move(message), binary);
  }

  void on_done(const http::Incoming& incoming) override {
    if (!incoming.request) return;
    const Place place = place_of(*incoming.request);
    if (place.tenant) place.tenant->handler->on_done(seen_by(place, incoming));
  }

  void on_closed(std::uint64_t connection) override {
    for (const TenantPtr& tenant : tenants()) tenant->handler->on_closed(connection);
    // Its last entries may still come.
    const std::lock_guard lock(seen_mutex_);
    ended_.push_back(connection);
    if (ended_.size() <= kRemembered) return;
    connections_.erase(ended_.front());
    ended_.pop_front();
  }

  // For the doors.
  http::Server& server() { return *server_; }
  const std::set<std::string>& names() const { return names_; }
  const Clock& clock() const { return clock_; }

  TenantPtr move_in(TenantPtr tenant) {
    const std::lock_guard lock(mutex_);
    tenant->id = ++last_id_;
    tenants_[tenant->name] = tenant;
    return tenant;
  }

  // Afterwards the loop thread is not, and will not be, inside the tenant's handler.
  void move_out(const TenantPtr& tenant) {
    {
      const std::lock_guard lock(mutex_);
      tenant->gone = true;
      const auto found = tenants_.find(tenant->name);
      if (found != tenants_.end() && found->second == tenant) tenants_.erase(found);
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    server_->post([&] {
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_one();
    });
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return done; });
    }
    const std::lock_guard lock(tenant->mutex);
    for (const std::string& hold : tenant->holds) server_->release(hold);
  }

 private:
  struct Place {
    TenantPtr tenant;  // null = there is none
    std::string name;  // in the path
    std::string target;
  };
  struct Seen {
    std::weak_ptr<Tenant> tenant;
    bool known = false;
    std::vector<JournalEntry> waiting;  // until its world is known
  };

  std::vector<TenantPtr> tenants() {
    const std::lock_guard lock(mutex_);
    std::vector<TenantPtr> all;
    for (const auto& [name, tenant] : tenants_) all.push_back(tenant);
    return all;
  }

  Place place_of(const Request& request) {
    PlacedTarget placed = place_target(request.target);
    const std::lock_guard lock(mutex_);
    const auto named = [&](const std::string& name) {
      const auto found = tenants_.find(name);
      return found == tenants_.end() ? nullptr : found->second;
    };
    if (!placed.world.empty()) return {named(placed.world), placed.world, std::move(placed.target)};
    const auto keys = carried_keys(request);
    for (const auto& [name, tenant] : tenants_) {
      for (const std::string& key : keys) {
        if (std::find(tenant->keys.begin(), tenant->keys.end(), key) != tenant->keys.end())
          return {tenant, {}, request.target};
      }
    }
    return {named(""), {}, request.target};
  }

  static http::Incoming seen_by(const Place& place, const http::Incoming& incoming) {
    http::Incoming own = incoming;
    own.request = with_target(incoming.request, place.target);
    return own;
  }

  // The answer of a tenant, with names of holds that no other tenant has.
  http::Answer given(const Place& place, std::uint64_t exchange, http::Answer answer) {
    if (answer_listener_) answer_listener_(place.tenant->name, exchange, *answer.script());
    const auto holds = [](const wire::Step& step) { return std::holds_alternative<wire::Hold>(step.op); };
    const wire::Steps& steps = answer.script()->steps;
    if (std::none_of(steps.begin(), steps.end(), holds)) return answer;
    wire::Script script = *answer.script();
    const std::lock_guard lock(place.tenant->mutex);
    for (wire::Step& step : script.steps) {
      if (auto* hold = std::get_if<wire::Hold>(&step.op)) {
        hold->name = place.tenant->hold_name(hold->name);
        place.tenant->holds.insert(hold->name);
      }
    }
    return script;
  }

  // One entry of the listeners goes to the journal of the world it belongs to. On their threads.
  void pass_on(const JournalEntry& entry) {
    const std::lock_guard lock(seen_mutex_);
    Seen& seen = connections_[entry.connection];
    if (entry.request) {
      const Place place = place_of(*entry.request);
      seen.tenant = place.tenant;
      seen.known = true;
      for (JournalEntry& earlier : std::exchange(seen.waiting, {})) deliver(place.tenant, std::move(earlier));
      JournalEntry own = entry;
      if (place.tenant) {
        own.request = with_target(entry.request, place.target);
        own.text = own.request->method + " " + own.request->target;
      }
      deliver(place.tenant, std::move(own));
      return;
    }
    if (entry.kind == JournalKind::connect) {
      seen.waiting.push_back(entry);
      return;
    }
    const TenantPtr tenant = seen.known ? seen.tenant.lock() : nullptr;
    for (JournalEntry& earlier : std::exchange(seen.waiting, {})) deliver(tenant, std::move(earlier));
    JournalEntry own = entry;
    if (own.kind == JournalKind::hold || own.kind == JournalKind::release) {
      if (const auto end = own.text.find('#'); end != std::string::npos) own.text.erase(0, end + 1);
    }
    if (seen.known && !tenant) return;  // its world has gone
    deliver(tenant, std::move(own));
  }

  // To `tenant`, or to the world without a name where there is none.
  void deliver(TenantPtr tenant, JournalEntry entry) {
    const std::lock_guard lock(mutex_);
    if (!tenant) {
      const auto found = tenants_.find("");
      if (found == tenants_.end()) return;
      tenant = found->second;
    }
    if (tenant->gone) return;
    entry.at = std::max(Micros(1), entry.at - tenant->began);
    tenant->journal->append(std::move(entry));
  }

  const Clock& clock_;
  Journal journal_;
  std::mutex mutex_;
  std::map<std::string, TenantPtr> tenants_;
  std::uint64_t last_id_ = 0;
  AnswerListener answer_listener_;
  std::mutex seen_mutex_;  // taken before mutex_
  std::unordered_map<std::uint64_t, Seen> connections_;
  std::deque<std::uint64_t> ended_;
  std::set<std::string> names_;
  std::unique_ptr<http::Server> server_;  // last: its loop threads use what stands above until it has ended
};

// What a world takes for its own server.
class Door final : public http::Server {
 public:
  Door(Shared& shared, TenantPtr tenant) : shared_(shared), tenant_(std::move(tenant)) {}
  ~Door() override {
    *alive_ = false;
    shared_.move_out(tenant_);
  }

  std::uint16_t port(std::string_view listener) const override { return shared_.server().port(listener); }
  void release(const std::string& name) override { shared_.server().release(tenant_->hold_name(name)); }
  void hold(const std::string& name) override { shared_.server().hold(tenant_->hold_name(name)); }
  void post(std::function<void()> f, Micros delay) override {
    shared_.server().post(
        [alive = alive_, f = std::move(f)] {
          if (*alive) f();
        },
        delay);
  }
  void send(std::uint64_t connection, std::string message, bool binary) override {
    shared_.server().send(connection, std::move(message), binary);
  }
  void close(std::uint64_t connection, std::uint16_t code) override {
    shared_.server().close(connection, code);
  }
  Result<void> set_mode(const std::string& listener, const wire::ListenerMode& mode) override {
    if (!tenant_->name.empty())
      return fail("a world behind shared listeners has no listener of its own: " + listener +
                  " cannot refuse or break connections for it alone");
    return shared_.server().set_mode(listener, mode);
  }

 private:
  Shared& shared_;
  TenantPtr tenant_;
  std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);
};

ServerStarter Shared::entrance(std::string name, std::vector<std::string> keys) {
  return [this, name = std::move(name), keys = std::move(keys)](
             std::vector<http::ListenerSpec> listeners, http::Handler& handler, Journal& journal,
             const Clock& clock, const http::Limits&) -> Result<std::unique_ptr<http::Server>> {
    for (const auto& listener : listeners) {
      if (!names_.contains(listener.name))
        return fail(fmt::format("these listeners have no fake \"{}\", only {}", listener.name,
                                fmt::join(names_, ", ")));
      if (!name.empty() && listener.mode != wire::ListenerMode{})
        return fail("a world behind shared listeners has no listener of its own to break: " + listener.name);
    }
    // First: once the world has moved in, the loop thread may wait for it to be ready.
    if (name.empty()) {
      for (const auto& listener : listeners) {
        if (auto set = server_->set_mode(listener.name, listener.mode); !set)
          return tl::unexpected(set.error());
      }
    }
    auto tenant = std::make_shared<Tenant>();
    tenant->name = name;
    tenant->keys = keys;
    tenant->handler = &handler;
    tenant->journal = &journal;
    tenant->began = clock_.now() - clock.now();
    return std::make_unique<Door>(*this, move_in(std::move(tenant)));
  };
}

}  // namespace

Result<std::unique_ptr<SharedListeners>> SharedListeners::start(std::vector<http::ListenerSpec> listeners,
                                                                const Clock& clock, http::Limits limits,
                                                                unsigned threads) {
  auto shared = std::make_unique<Shared>(clock);
  if (auto opened = shared->open(std::move(listeners), limits, threads); !opened)
    return tl::unexpected(opened.error());
  return shared;
}

std::string world_prefix(std::string_view name) {
  return name.empty() ? std::string() : std::string(kPlace) + std::string(name);
}

PlacedTarget place_target(std::string_view target) {
  const std::string_view path = target_path(target);
  std::string before;
  std::string_view rest = path;
  if (path.starts_with(kWellKnown)) {
    const auto end = path.find(kPlace, kWellKnown.size());
    if (end == std::string_view::npos) return {{}, std::string(target)};
    before = path.substr(0, end);
    rest = path.substr(end);
  }
  if (!rest.starts_with(kPlace)) return {{}, std::string(target)};
  rest.remove_prefix(kPlace.size());
  const auto end = std::min(rest.find('/'), rest.size());
  const std::string name(rest.substr(0, end));
  std::string own = before + std::string(rest.substr(end));
  if (own.empty()) own = "/";
  return {name, own + std::string(target.substr(path.size()))};
}

std::vector<std::string> carried_keys(const Request& request) {
  std::vector<std::string> keys;
  for (const char* name : {"x-api-key", "api-key", "x-goog-api-key"}) {
    if (const std::string* value = find_header(request.headers, name)) keys.push_back(*value);
  }
  if (const std::string* value = find_header(request.headers, "authorization")) {
    const auto space = value->find(' ');
    keys.emplace_back(trim(space == std::string::npos ? *value : std::string_view(*value).substr(space)));
  }
  if (auto key = query_value(request.target, "key")) keys.push_back(std::move(*key));
  return keys;
}

}  // namespace assay

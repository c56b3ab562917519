#include "harness/world/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

#include "harness/world/chooser.h"
#include "harness/world/plain_request.h"
#include "harness/world/rules.h"
#include "harness/world/sent.h"
#include "harness/world/strict.h"

namespace assay {
namespace {

using nlohmann::json;

// An answer at a barrier.
struct Waiting {
  Barrier* barrier = nullptr;
  std::string hold;
  std::uint64_t connection = 0;
};

struct Member {
  FakeSpec spec;
  std::unique_ptr<Fake> fake;
  std::vector<Rule> rules;
  std::string url;
  std::uint16_t plain_port = 0;
  std::string secure_address;  // where its names are answered over TLS; empty = it has none
  bool early = false;          // some rule answers before the body was read
};

std::string url_of(bool tls, const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Response not_found(const Request& request) {
  return make_response(404, "application/json",
                       json{{"error",
                             {{"message", "no such route: " + request.method + " " +
                                              std::string(target_path(request.target))}}}}
                           .dump());
}

}  // namespace

class World::Room final : public http::Handler {
 public:
  Room(WorldSpec spec, const Clock& clock, Journal& journal)
      : spec_(std::move(spec)), clock_(clock), journal_(journal), random_(spec_.seed) {}

  // The server ends first, as the last member: its loop thread calls the fakes, and this room, until then.
  ~Room() override { ending_ = true; }

  // Makes the fakes and reads the rules; nothing listens yet.
  Result<void> make(const FakeFactory& factory, const PathAliases& aliases) {
    if (spec_.schedule) {
      auto chooser = Chooser::make(*spec_.schedule, aliases, journal_);
      if (!chooser) return tl::unexpected(chooser.error());
      chooser_ = std::move(*chooser);
    }
    for (FakeSpec& fake : spec_.fakes) {
      Member member;
      member.spec = std::move(fake);
      FakeConfig config{member.spec.settings, random_.fork(member.spec.name), &clock_};
      auto made = factory(member.spec.kind, std::move(config));
      if (!made) return tl::unexpected(made.error());
      member.fake = std::move(*made);
      members_.push_back(std::move(member));
    }
    aliases_ = aliases;
    for (Member& member : members_) {
      auto rules = read_rules(member.spec.name, *member.fake, member.spec.rules, aliases_);
      if (!rules) return tl::unexpected(rules.error());
      take_rules(member, std::move(*rules));
    }
    return {};
  }

  // On the loop thread.
  Result<void> set_rules(const std::string& fake, std::vector<RuleSpec> specs) {
    const auto member =
        std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.spec.name == fake; });
    if (member == members_.end()) return fail("there is no fake \"" + fake + "\"");
    for (RuleSpec& spec : specs) put_urls_in(spec);
    auto rules = read_rules(fake, *member->fake, specs, aliases_);
    if (!rules) return tl::unexpected(rules.error());
    // Exchanges under way still refer to the rules they were given.
    retired_.emplace_back(std::move(member->spec.rules), std::move(member->rules));
    member->spec.rules = std::move(specs);  // a moved vector keeps its elements where they are
    take_rules(*member, std::move(*rules));
    applied_.clear();
    return {};
  }

  Result<void> open(const ServerStarter& start) {
    std::vector<http::ListenerSpec> listeners;
    unsigned secure = 0;
    for (Member& member : members_) {
      // A handshake can fail only where there is one.
      const bool only_tls = member.spec.listen.kind == wire::ListenerMode::Kind::tls_failure;
      for (const std::string& host : member.spec.hosts) {
        listeners.push_back(
            {member.spec.name, host, member.spec.port,
             only_tls && !member.spec.names.empty() ? wire::ListenerMode{} : member.spec.listen, nullptr});
      }
      if (member.spec.names.empty()) continue;
      if (!spec_.authority) return fail(member.spec.name + ": its names need a certificate authority");
      member.secure_address = fmt::format("{}{}", spec_.secure_network, ++secure);
      listeners.push_back(
          {member.spec.name, member.secure_address, spec_.secure_port, member.spec.listen, spec_.authority});
    }
    auto server = start ? start(std::move(listeners), *this, journal_, clock_, spec_.limits)
                        : http::Server::start(std::move(listeners), *this, journal_, clock_, spec_.limits,
                                              spec_.threads);
    if (!server) return tl::unexpected(server.error());
    // The loop thread may already be asked, so it waits for the ports to be known.
    std::unique_lock lock(ready_mutex_);
    server_ = std::move(*server);
    for (Member& member : members_) {
      member.plain_port = server_->port(member.spec.name);
      member.url = url_of(spec_.tls, member.spec.hosts.front(), member.plain_port) + spec_.prefix;
    }
    for (Member& member : members_) {
      for (RuleSpec& rule : member.spec.rules) put_urls_in(rule);
    }
    ready_ = true;
    ready_changed_.notify_all();
    return {};
  }

  std::string owner(const http::Incoming& incoming) override {
    wait_ready();
    for (const Member& member : members_)
      if (member.spec.name != incoming.listener && member.fake->claims(*incoming.request))
        return member.spec.name;
    return incoming.listener;
  }

  std::optional<http::Answer> on_head(const http::Incoming& incoming) override {
    wait_ready();
    if (chooser_) chooser_->moved();
    Member& member = member_of(incoming.listener);
    const Actions actions = member.fake->on_head(call_for(member, incoming, nullptr));
    if (!actions.empty()) return answer(member, incoming, actions, nullptr);
    if (!member.early) return std::nullopt;
    // Some rule wants its answer before the body is read, so the choice falls here, for every request of this
    // fake.
    Rule* rule = choose_rule(member, incoming);
    if (rule == nullptr || !wire::answers_before_body(rule->spec->faults)) {
      chosen_[incoming.exchange] = rule;
      return std::nullopt;
    }
    const Call call = call_for(member, incoming, order_of(rule));
    return answer(member, incoming, member.fake->on_body(call), rule);
  }

  std::shared_ptr<const Request> read(std::shared_ptr<const Request> request) override {
    return plain_request(std::move(request));
  }

  http::Answer on_request(const http::Incoming& incoming) override {
    Member& member = member_of(incoming.listener);
    const auto earlier = chosen_.extract(incoming.exchange);
    Rule* rule = earlier ? earlier.mapped() : choose_rule(member, incoming);
    if (spec_.strict && rule == nullptr && !member.rules.empty()) return unordered(member, incoming);
    const Call call = call_for(member, incoming, order_of(rule));
    return answer(member, incoming, member.fake->on_body(call), rule);
  }

  bool on_upgrade(const http::Incoming& incoming) override {
    Member& member = member_of(incoming.listener);
    return member.fake->on_upgrade(call_for(member, incoming, nullptr));
  }

  void on_done(const http::Incoming& incoming) override {
    if (chooser_) chooser_->over(incoming.exchange);
    if (const auto over = at_barriers_.extract(incoming.exchange)) leave(*server_, over.mapped());
  }

  void on_closed(std::uint64_t connection) override {
    if (ending_) return;  // nobody waits any more
    if (chooser_) chooser_->closed(connection);
    for (auto at = at_barriers_.begin(); at != at_barriers_.end();) {
      if (at->second.connection != connection) {
        ++at;
        continue;
      }
      const Waiting over = at->second;
      at = at_barriers_.erase(at);
      leave(*server_, over);
    }
  }

  void on_message(const http::Incoming& incoming, std::string message, bool /*binary*/) override {
    Member& member = member_of(incoming.listener);
    perform(member, member.fake->on_message(call_for(member, incoming, nullptr), message));
  }

  const Member* find(std::string_view name) const {
    for (const Member& m : members_) {
      if (m.spec.name == name) return &m;
    }
    return nullptr;
  }
  const std::vector<Member>& members() const { return members_; }
  http::Server& server() { return *server_; }

  bool strict() const { return spec_.strict; }
  // On the loop thread.
  std::vector<std::string> strict_findings() const {
    std::map<std::string, const std::vector<Rule>*> rules;
    for (const Member& member : members_) rules[member.spec.name] = &member.rules;
    return strict_.findings(rules);
  }

  // Runs `f` on the loop thread and waits for it: fakes are called on no other thread.
  void on_loop(const std::function<void()>& f) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    server_->post([&] {
      f();
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }

 private:
  // Where the fakes are is known only once they listen.
  void put_urls_in(RuleSpec& rule) const {
    std::map<std::string, std::string> urls;
    for (const Member& member : members_) urls[member.spec.name] = member.url;
    put_urls(rule, urls);
  }

  static void take_rules(Member& member, std::vector<Rule> rules) {
    member.rules = std::move(rules);
    member.early = answer_early(member.rules);
  }

  void wait_ready() {
    std::unique_lock lock(ready_mutex_);
    ready_changed_.wait(lock, [&] { return ready_; });
  }

  Member& member_of(const std::string& listener) {
    for (Member& m : members_) {
      if (m.spec.name == listener) return m;
    }
    throw std::logic_error("a request for a listener that no fake owns: " + listener);
  }

  Call call_for(const Member& member, const http::Incoming& incoming, const json* order) const {
    // Over TLS it was asked by one of the names.
    const auto plain = [&](const Member& m) { return m.plain_port == incoming.port; };
    const auto named = [](const Member& m) { return !m.secure_address.empty(); };
    const bool secure = std::none_of(members_.begin(), members_.end(), plain) &&
                        std::any_of(members_.begin(), members_.end(), named);
    const std::string* host = secure ? find_header(incoming.request->headers, "host") : nullptr;
    return {incoming.connection, incoming.exchange, incoming.request.get(),
            host == nullptr ? member.url : "https://" + *host, order};
  }

  // The rule that applies; in a strict world what does not fit is noted.
  Rule* choose_rule(Member& member, const http::Incoming& incoming) {
    if (!spec_.strict) return rule_for(member.rules, *incoming.request, applied_);
    std::vector<std::size_t> rivals;
    Rule* rule = rule_for(member.rules, *incoming.request, applied_, &rivals);
    std::string finding = strict_.request(member.spec.name, member.rules, *incoming.request, rivals);
    if (!finding.empty())
      journal_.append(entry_about(member, incoming, JournalKind::note, "strict: " + finding));
    return rule;
  }

  // A request that no rule of a strict world is for.
  http::Answer unordered(Member& member, const http::Incoming& incoming) {
    const std::string message = "assay: no rule of this strict world is for " + incoming.request->method +
                                " " + std::string(target_path(incoming.request->target));
    const Actions refused = {Respond{make_response(
        404, "application/json", json{{"error", {{"message", message}, {"type", "assay_strict"}}}}.dump())}};
    return answer(member, incoming, refused, nullptr);
  }

  static const json* order_of(const Rule* rule) {
    return rule == nullptr || rule->spec->order.is_null() ? nullptr : &rule->spec->order;
  }

  void perform(Member& member, const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* note = std::get_if<Note>(&action)) {
        journal_.note(member.spec.name, JournalKind::note, note->text, note->detail);
      } else if (const auto* send = std::get_if<Send>(&action)) {
        server_->send(send->connection, send->message);
      } else if (const auto* after = std::get_if<After>(&action)) {
        server_->post([this, &member, name = after->name,
                       data = after->data] { perform(member, member.fake->on_event(name, data)); },
                      after->delay);
      }
    }
  }

  // What the journal says of one exchange, in the name of the fake that answers it.
  static JournalEntry entry_about(const Member& member, const http::Incoming& incoming, JournalKind kind,
                                  std::string text) {
    JournalEntry entry;
    entry.actor = member.spec.name;
    entry.kind = kind;
    entry.connection = incoming.connection;
    entry.exchange = incoming.exchange;
    entry.text = std::move(text);
    return entry;
  }

  wire::Script answer(Member& member, const http::Incoming& incoming, const Actions& actions, Rule* applies) {
    std::optional<std::string> plain;  // where faults were applied: the same answer without them
    wire::Script script = unheld_answer(member, incoming, actions, applies, plain);
    if (spec_.keep_answers) {
      JournalEntry entry = entry_about(member, incoming, JournalKind::note, "answer");
      entry.detail = sent_json(script, plain ? &*plain : nullptr);
      journal_.append(std::move(entry));
    }
    const bool held = applies != nullptr && (!applies->spec->hold.empty() || applies->barrier);
    if (chooser_ && !held) chooser_->hold(*server_, member.spec.name, incoming, script);
    return script;
  }

  wire::Script unheld_answer(Member& member, const http::Incoming& incoming, const Actions& actions,
                             Rule* applies, std::optional<std::string>& plain) {
    const RuleSpec* rule = applies == nullptr ? nullptr : applies->spec;
    perform(member, actions);
    const Request& request = *incoming.request;
    std::optional<Response> response;
    wire::SerializeOptions options;
    options.keep_alive = incoming.keep_alive;
    options.head_request = request.method == "HEAD";
    for (const Action& action : actions) {
      if (const auto* respond = std::get_if<Respond>(&action)) {
        response = respond->response;
        options.speed = respond->speed;
      }
    }
    if (!response) {
      JournalEntry entry =
          entry_about(member, incoming, JournalKind::unclaimed, request.method + " " + request.target);
      entry.request = incoming.request;
      journal_.append(std::move(entry));
      response = not_found(request);
    }
    if (rule != nullptr && rule->speed > 0) options.speed = rule->speed;
    options.speed *= spec_.speed;
    if (rule == nullptr) return wire::serialize(*response, options);
    Random random = random_.fork(fmt::format("{}/{}", member.spec.name, incoming.exchange));
    auto script =
        wire::apply_faults(*response, rule->faults, options, {random, &request, clock_.wall_seconds()});
    if (!script) return refused_fault(member, incoming, *rule, *response, options, script.error());
    if (spec_.keep_answers && !rule->faults.empty())
      plain = wire::all_bytes(wire::serialize(*response, options));
    for (const wire::FaultUse& fault : rule->faults) {
      JournalEntry entry = entry_about(member, incoming, JournalKind::fault, fault.name);
      entry.detail = fault.params;
      journal_.append(std::move(entry));
    }
    if (!rule->hold.empty()) script->steps.insert(script->steps.begin(), wire::Step{wire::Hold{rule->hold}});
    if (applies->barrier) wait_at(*applies->barrier, incoming, *script);
    return std::move(*script);
  }

  // A fault does not fit what it was ordered for. Whether that is a mistake of the case or lies in how the
  // client asked is for the verdict to say; the journal has what it takes.
  wire::Script refused_fault(const Member& member, const http::Incoming& incoming, const RuleSpec& rule,
                             const Response& response, const wire::SerializeOptions& options,
                             const Error& why) {
    JournalEntry entry = entry_about(member, incoming, JournalKind::note, "fault refused: " + why.text());
    entry.status = response.status;
    entry.detail = {{"fault_refused", true}};
    if (!options.keep_alive) {
      wire::SerializeOptions kept = options;
      kept.keep_alive = true;
      Random random = random_.fork(fmt::format("{}/{}", member.spec.name, incoming.exchange));
      const bool fits = wire::apply_faults(response, rule.faults, kept,
                                           {random, incoming.request.get(), clock_.wall_seconds()})
                            .has_value();
      if (fits) entry.detail["connection_closes"] = true;
    }
    const std::string text = "assay: " + entry.text;
    journal_.append(std::move(entry));
    return wire::serialize(make_response(500, "text/plain", text), options);
  }

  void wait_at(Barrier& barrier, const http::Incoming& incoming, wire::Script& script) {
    const Barrier::Arrival arrival = barrier.arrive();
    if (!arrival.hold.empty()) {
      script.steps.insert(script.steps.begin(), wire::Step{wire::Hold{arrival.hold}});
      at_barriers_[incoming.exchange] = {&barrier, arrival.hold, incoming.connection};
    }
    for (const std::string& hold : arrival.release) server_->release(hold);
  }

  static void leave(http::Server& server, const Waiting& waiting) {
    for (const std::string& hold : waiting.barrier->answered(waiting.hold)) server.release(hold);
  }

  WorldSpec spec_;
  const Clock& clock_;
  Journal& journal_;
  Random random_;
  PathAliases aliases_;
  std::vector<Member> members_;
  std::vector<std::pair<std::vector<RuleSpec>, std::vector<Rule>>> retired_;
  std::unordered_map<std::uint64_t, Rule*> chosen_;  // by exchange, between head and body
  std::set<std::string> applied_;                    // names of rules
  StrictLog strict_;
  std::unordered_map<std::uint64_t, Waiting> at_barriers_;  // by exchange
  std::unique_ptr<Chooser> chooser_;                        // null: every answer goes when it is ready
  std::mutex ready_mutex_;
  std::condition_variable ready_changed_;
  bool ready_ = false;
  std::atomic<bool> ending_ = false;
  std::unique_ptr<http::Server> server_;  // last
};

World::World(std::unique_ptr<Room> room) : room_(std::move(room)) {}
World::~World() = default;

Result<std::unique_ptr<World>> World::start(WorldSpec spec, const FakeFactory& factory,
                                            const PathAliases& aliases, const Clock& clock, Journal& journal,
                                            const ServerStarter& server) {
  auto room = std::make_unique<Room>(std::move(spec), clock, journal);
  if (auto made = room->make(factory, aliases); !made) return tl::unexpected(made.error());
  if (auto opened = room->open(server); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<World>(new World(std::move(room)));
}

Result<void> World::check(WorldSpec spec, const FakeFactory& factory, const PathAliases& aliases) {
  const SystemClock clock;
  Journal journal(clock);
  return Room(std::move(spec), clock, journal).make(factory, aliases);
}

std::string World::url(std::string_view fake) const {
  const Member* member = room_->find(fake);
  return member == nullptr ? std::string() : member->url;
}

std::string World::public_url(std::string_view fake) const {
  const Member* member = room_->find(fake);
  return member == nullptr || member->spec.names.empty() ? url(fake)
                                                         : "https://" + member->spec.names.front();
}

std::vector<std::string> World::strict_findings() {
  std::vector<std::string> out;
  if (room_->strict()) room_->on_loop([&] { out = room_->strict_findings(); });
  return out;
}

std::uint16_t World::port(std::string_view fake) const {
  return room_->server().port(fake);
}

std::map<std::string, std::string> World::urls() const {
  std::map<std::string, std::string> out;
  for (const Member& member : room_->members()) out[member.spec.name] = member.url;
  return out;
}

std::map<std::string, std::string> World::addresses() const {
  std::map<std::string, std::string> out;
  for (const Member& member : room_->members()) {
    for (const std::string& name : member.spec.names) out[name] = member.secure_address;
  }
  return out;
}

Result<void> World::set(const std::string& name, const json& value) {
  const auto dot = name.find('.');
  const Member* member = room_->find(name.substr(0, dot));
  if (dot == std::string::npos || member == nullptr)
    return fail("there is no fake to set \"" + name + "\" on");
  const std::string key = name.substr(dot + 1);
  if (key == "down") {
    if (!value.is_boolean()) return fail("expected true or false for " + name);
    wire::ListenerMode mode;
    if (value.get<bool>()) mode.kind = wire::ListenerMode::Kind::refuse;
    return set_listen(member->spec.name, mode);
  }
  if (key == "tls") {
    if (!value.is_string()) return fail("expected a TLS failure such as wrong-host for " + name);
    wire::ListenerMode mode;
    mode.kind = wire::ListenerMode::Kind::tls_failure;
    mode.tls_failure = value.get<std::string>();
    return set_listen(member->spec.name, mode);
  }
  Result<void> done;
  room_->on_loop([&] { done = member->fake->set(key, value); });
  if (!done) return fail(member->spec.name + ": " + done.error().message);
  return {};
}

json World::get(const std::string& name) const {
  const auto dot = name.find('.');
  const Member* member = room_->find(name.substr(0, dot));
  if (dot == std::string::npos || member == nullptr) return nullptr;
  const std::string key = name.substr(dot + 1);
  if (key == "url") return member->url;
  if (key == "host_port") {
    const std::string after = member->url.substr(member->url.find("//") + 2);
    return after.substr(0, after.find('/'));
  }
  if (key == "port") return room_->server().port(member->spec.name);
  json found;
  room_->on_loop([&] { found = member->fake->get(key); });
  return found;
}

Result<void> World::set_rules(const std::string& fake, std::vector<RuleSpec> rules) {
  Result<void> done;
  room_->on_loop([&] { done = room_->set_rules(fake, std::move(rules)); });
  return done;
}

Result<void> World::set_listen(const std::string& fake, const wire::ListenerMode& mode) {
  return room_->server().set_mode(fake, mode);
}

void World::release(const std::string& hold) {
  room_->server().release(hold);
}

void World::settle() {
  // Between two turns the loop asks the kernel once for what is ready; an accepted connection takes one turn
  // to be accepted, one to be read.
  for (int turn = 0; turn < 3; ++turn) room_->on_loop([] {});
}

}  // namespace assay

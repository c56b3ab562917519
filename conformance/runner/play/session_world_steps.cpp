// Session: the steps that change the world or walk with the browser.
#include "conformance/runner/play/session_core.h"

namespace assay::conformance {

using nlohmann::json;

void Session::perform(const Step::Set& step, const std::string&) {
  for (const auto& [name, value] : step.values) {
    journal_.note("world", JournalKind::action, "set " + name, value);
    if (auto done = world_->set(name, need_resolved(value)); !done) broken("set: " + done.error().message);
  }
}

void Session::perform(const Step::ClockStep& step, const std::string& text) {
  clock_.advance(step.advance);
  journal_.note("world", JournalKind::action, text);
}

void Session::perform(const Step::Release& step, const std::string&) {
  world_->release(step.name);
}

void Session::perform(const Step::Visit& step, const std::string&) {
  std::string url = step.url.empty() ? last_url() : need_resolved(step.url).get<std::string>();
  if (url.empty()) return missed("a login page to visit");
  visit(url, merged_plan(step.plan));
}

std::string Session::last_url() {
  const std::lock_guard lock(mutex_);
  for (auto it = events_.rbegin(); it != events_.rend(); ++it) {
    if (it->event.value("kind", "") == "open_url") return it->event.value("url", "");
  }
  return {};
}

json Session::merged_plan(const json& over) const {
  json plan = case_.browser;
  plan.merge_patch(over);
  return plan;
}

void Session::visit(const std::string& url, const json& plan) {
  json page = options_.browse(url, plan, journal_,
                              options_.surroundings == nullptr ? "" : options_.surroundings->ca_file(),
                              clock_, over_);
  {
    const std::lock_guard lock(clients_mutex_);
    for (auto& [name, actor] : actors_) {
      if (actor.client) actor.client->visited(url, page);
    }
  }
  const std::lock_guard lock(mutex_);
  pages_.push_back(std::move(page));
  changed_.notify_all();
}

// "event retry {…}", "stderr: connection refused": the client's side of a timeline.
void Session::narrate(const Actor& actor, const json& event) {
  const std::string kind = event.value("kind", "");
  const json who = actors_.size() > 1 ? json{{"actor", actor.name}} : json();
  if (kind == "output")
    return (void)journal_.note("client", JournalKind::note,
                               event.value("stream", "") + ": " + event.value("text", ""), who);
  json more = event;
  more.erase("kind");
  journal_.note("client", JournalKind::note, "event " + kind + " " + more.dump(), who);
}

void Session::on_event(Actor& actor, std::uint64_t id, const json& event) {
  std::string url;
  {
    const std::lock_guard lock(mutex_);
    events_.push_back({actor.labels[id], event});
    if (event.value("kind", "") == "screen")
      journal_.note("client", JournalKind::note, "screen of the login",
                    {{"screen", event.value("screen", "")}});
    if (client_.narrate && event.value("kind", "") != "open_url") narrate(actor, event);
    if (event.value("kind", "") == "open_url") {
      url = event.value("url", "");
      journal_.note("client", JournalKind::action, "opens " + url);
      // The user agent walks on its own while the client waits for it.
      json plan = case_.browser;
      if (const std::string code = event.value("user_code", ""); !code.empty()) plan["user_code"] = code;
      visits_.emplace_back([this, url, plan = std::move(plan)] { visit(url, plan); });
    }
  }
  changed_.notify_all();
}

}  // namespace assay::conformance

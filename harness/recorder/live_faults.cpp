#include "harness/recorder/live_faults.h"

#include <fmt/format.h>

#include <atomic>
#include <ctime>
#include <nlohmann/json.hpp>

#include "harness/http/taken_response.h"
#include "harness/wire/script.h"

namespace assay {
namespace {

using nlohmann::json;

// What came back, as faults take it: the borders of its chunks stay.
struct Taken {
  http::Outcome outcome;
  Response response;
};

Taken ask(const FaultFrontOptions& options, const Request& request) {
  Taken out;
  Response& response = out.response;
  http::Client client(options.connection);
  http::ResponseEvents events;
  events.on_body = [&](const http::BodyPiece& piece) {
    if (response.body.empty() || piece.starts_chunk) {
      response.body.push_back({std::string(piece.bytes), piece.at});
    } else {
      response.body.back().bytes += piece.bytes;
    }
    return true;
  };
  out.outcome = client.exchange(options.upstream, request, events);
  if (!out.outcome.head) return out;
  Response head = http::taken_response(out.outcome, !response.body.empty());
  head.body = std::move(response.body);
  response = std::move(head);
  return out;
}

Response unreachable(const std::string& why) {
  return make_response(
      502, "application/json",
      json{{"error", {{"message", "assay record: " + why}, {"type", "upstream_unreachable"}}}}.dump(
          -1, ' ', false, json::error_handler_t::replace));
}

std::string names_of(const std::vector<wire::FaultUse>& faults) {
  std::vector<std::string> names;
  for (const wire::FaultUse& fault : faults) names.push_back(fault.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<std::unique_ptr<LiveFaults>> LiveFaults::read(const json& list, const PathAliases& aliases) {
  if (!list.is_array() || list.empty())
    return fail("expected a list of faults, such as [rst: {event: 3}], or of rules with faults");
  auto out = std::make_unique<LiveFaults>();
  const auto add = [&](const json& match, const json& faults) -> Result<void> {
    Rule rule;
    auto parsed = parse_match(match, aliases);
    if (!parsed) return tl::unexpected(parsed.error());
    rule.match = std::move(*parsed);
    auto uses = wire::parse_faults(faults);
    if (!uses) return tl::unexpected(uses.error());
    rule.faults = std::move(*uses);
    auto listener = rule.faults;
    auto mode = wire::take_listener_mode(listener);
    if (!mode) return tl::unexpected(mode.error());
    if (listener.size() != rule.faults.size())
      return fail("a fault of a listener cannot be put on an answer");
    out->rules_.push_back(std::move(rule));
    return {};
  };
  const bool rules = list.front().is_object() && list.front().contains("faults");
  if (!rules) {
    if (auto added = add(json{{"path", "chat"}}, list); !added) return tl::unexpected(added.error());
    return out;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    json match = list[i];
    if (!match.is_object() || !match.contains("faults"))
      return fail(fmt::format("entry {}: expected a rule with faults", i + 1));
    const json faults = match["faults"];
    match.erase("faults");
    if (auto added = add(match, faults); !added)
      return fail(fmt::format("entry {}: {}", i + 1, added.error().message));
  }
  return out;
}

std::vector<wire::FaultUse> LiveFaults::take(const Request& request) {
  const std::lock_guard lock(mutex_);
  const Rule* chosen = nullptr;
  for (Rule& rule : rules_) {
    if (!matches(rule.match, request)) continue;
    ++rule.seen;
    if (chosen == nullptr && rule.seen >= rule.match.first && rule.seen <= rule.match.last) chosen = &rule;
  }
  return chosen == nullptr ? std::vector<wire::FaultUse>() : chosen->faults;
}

Result<std::unique_ptr<http::BlockingServer>> start_fault_front(FaultFrontOptions options,
                                                                LiveFaults& faults) {
  const std::uint16_t port = options.port;
  auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
  return http::BlockingServer::start_scripts(port, [options = std::move(options), &faults, count](
                                                       const Request& asked, bool keep_alive,
                                                       const http::Peer&) {
    wire::SerializeOptions serialize;
    serialize.keep_alive = keep_alive;
    serialize.head_request = asked.method == "HEAD";
    const auto wanted = faults.take(asked);
    Request request = asked;
    // Faults are put on text.
    if (!wanted.empty()) set_header(request.headers, "Accept-Encoding", "identity");
    const Taken taken = ask(options, request);
    const auto tell = [&](const std::string& what) {
      if (options.on_answer)
        options.on_answer(fmt::format("{} {} {}: {}", asked.method, target_path(asked.target),
                                      taken.response.status, what));
    };
    if (!taken.outcome.head) return wire::serialize(unreachable(taken.outcome.message), serialize);
    if (wanted.empty()) return wire::serialize(taken.response, serialize);
    Random random = Random(options.seed).fork(std::to_string(++*count));
    auto script = wire::apply_faults(taken.response, wanted, serialize, {random, &asked, std::time(nullptr)});
    if (!script) {
      tell("fault refused: " + script.error().message);
      return wire::serialize(taken.response, serialize);
    }
    tell(names_of(wanted));
    return std::move(*script);
  });
}

}  // namespace assay

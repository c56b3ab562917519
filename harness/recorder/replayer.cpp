#include "harness/recorder/replayer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/fixture/inspect.h"
#include "harness/recorder/conversation_key.h"

namespace assay {
namespace {

std::string key_of(std::string_view method, std::string_view target) {
  std::string key;
  key.reserve(method.size() + 1 + target.size());
  key.append(method).append(" ").append(target);
  return key;
}

bool ends_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Replayer>> Replayer::make(const std::vector<RecordedExchange>& exchanges,
                                                 const ReplayOptions& options, Journal& journal) {
  std::unique_ptr<Replayer> made(new Replayer(journal));
  made->by_conversation_ = options.by_conversation;
  std::map<std::string, Place> by_path;
  std::size_t number = 0;
  for (const RecordedExchange& one : exchanges) {
    ++number;
    if (one.fidelity == Fidelity::payloads)
      return fail(
          fmt::format("exchange {} holds payloads only: what was around them on the wire is gone", number));
    for (const Header& header : one.exchange.response.headers) {
      // Sent as it is, it would be a header line of its own.
      if (ends_line(header.name) || ends_line(header.value))
        return fail(fmt::format("exchange {}: the header {} holds a line end or NUL and cannot be sent",
                                number, printable(header.name, 40)));
    }
    const Request& request = one.exchange.request;
    wire::SerializeOptions serialize;
    serialize.speed = options.speed;
    serialize.cut_chunks = options.cut_chunks;
    serialize.head_request = one.request_known && request.method == "HEAD";
    auto script = std::make_shared<const wire::Script>(wire::serialize(one.exchange.response, serialize));
    if (!one.request_known) {
      made->places_[""].scripts.push_back(std::move(script));
      continue;
    }
    const std::string by = key_of(request.method, target_path(request.target));
    if (auto said = conversation_of(request); options.by_conversation && !said.empty()) {
      std::vector<Recorded>& known = made->conversations_[by];
      const auto same = std::find_if(known.begin(), known.end(),
                                     [&](const Recorded& other) { return other.conversation == said; });
      if (same == known.end()) {
        known.push_back({std::move(said), {{script}, 0}});
      } else {
        same->place.scripts.push_back(script);
      }
    }
    by_path[by].scripts.push_back(script);
    made->places_[key_of(request.method, request.target)].scripts.push_back(std::move(script));
  }
  // A path that was itself recorded as a target keeps its own.
  for (auto& [path, place] : by_path) made->places_.try_emplace(path, std::move(place));
  return made;
}

Replayer::Place* Replayer::place_of(const Request& request) {
  const std::string_view path = target_path(request.target);
  for (const std::string_view target : {std::string_view(request.target), path}) {
    key_.assign(request.method).append(" ").append(target);
    if (const auto found = places_.find(key_); found != places_.end()) return &found->second;
  }
  const auto unknown = places_.find("");
  return unknown == places_.end() ? nullptr : &unknown->second;
}

Replayer::Place* Replayer::place_by_conversation(const Request& request,
                                                 const std::vector<std::string>& asked,
                                                 std::string& nearest) {
  const auto known = conversations_.find(key_of(request.method, target_path(request.target)));
  if (known == conversations_.end()) {
    nearest = "no conversation of this path was recorded";
    return nullptr;
  }
  const Recorded* next = nullptr;
  std::size_t most = 0;
  for (Recorded& one : known->second) {
    if (one.conversation == asked) return &one.place;
    const auto apart =
        std::mismatch(asked.begin(), asked.end(), one.conversation.begin(), one.conversation.end());
    const auto same = static_cast<std::size_t>(apart.first - asked.begin());
    if (next != nullptr && same <= most) continue;
    next = &one;
    most = same;
  }
  if (next != nullptr) nearest = "same path; " + conversation_difference(asked, next->conversation);
  return nullptr;
}

http::Answer Replayer::on_request(const http::Incoming& incoming) {
  const Request& request = *incoming.request;
  Shared script;
  std::string nearest;
  std::vector<std::string> asked;
  if (by_conversation_) asked = conversation_of(request);
  Place* place = asked.empty() ? place_of(request) : place_by_conversation(request, asked, nearest);
  if (place != nullptr) {
    script = place->scripts[place->next];
    if (place->next + 1 < place->scripts.size()) ++place->next;
  } else {
    JournalEntry entry;
    entry.actor = incoming.listener;
    entry.kind = JournalKind::unclaimed;
    entry.connection = incoming.connection;
    entry.exchange = incoming.exchange;
    entry.text = key_of(request.method, request.target);
    if (!nearest.empty()) entry.detail = {{"nearest", nearest}};
    entry.request = incoming.request;
    journal_.append(std::move(entry));
    const nlohmann::json body = {
        {"error",
         {{"message", "not in the recording: " + key_of(request.method, target_path(request.target)) +
                          (nearest.empty() ? "" : ": " + nearest)}}}};
    wire::SerializeOptions serialize;
    serialize.head_request = request.method == "HEAD";
    script = std::make_shared<const wire::Script>(
        wire::serialize(make_response(404, "application/json",
                                      body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)),
                        serialize));
  }
  if (incoming.keep_alive || !script->keep_alive) return script;
  // The bytes stay those of the recording; the connection ends, as the client asked.
  auto last = std::make_shared<wire::Script>(*script);
  last->keep_alive = false;
  return Shared(std::move(last));
}

}  // namespace assay

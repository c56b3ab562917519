#include "probe/save/save.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "harness/fixture/content_coding.h"
#include "harness/stream/framing/sse.h"

namespace assay::probe {
namespace {

using nlohmann::json;

// Members whose value is a word of the protocol, not the model's.
bool is_word(std::string_view key) {
  constexpr std::string_view kWords[] = {"object",       "type",        "role",   "finish_reason",
                                         "finishReason", "stop_reason", "status", "service_tier"};
  return std::find(std::begin(kWords), std::end(kWords), key) != std::end(kWords);
}

std::string type_name(const json& value) {
  if (value.is_number()) return "number";
  return value.type_name();
}

void walk(const json& value, const std::string& where, std::string_view key, std::set<std::string>& traits) {
  if (value.is_string() && is_word(key)) {
    traits.insert(fmt::format("{} = {}", where, value.dump(-1, ' ', false, json::error_handler_t::replace)));
    return;
  }
  traits.insert(fmt::format("{}: {}", where, type_name(value)));
  if (value.is_array())
    for (const json& item : value) walk(item, where + "/*", "", traits);
  if (value.is_object())
    for (const auto& [name, item] : value.items())
      walk(item, fmt::format("{}/{}", where, name), name, traits);
}

void add_events(const std::string& body, std::set<std::string>& traits) {
  stream::SseFramer framer;
  framer.append(body);
  for (stream::SseEvent event; framer.next(event);) {
    const json value = parse_untrusted(event.data);
    const std::string name = event.type == "message" ? "event" : fmt::format("event {}", event.type);
    if (value.is_discarded()) {
      traits.insert(fmt::format("{} data {}", name, event.data));
    } else {
      walk(value, name + " ", "", traits);
    }
  }
}

}  // namespace

std::string fixture_name(const std::string& check, const std::string& protocol) {
  std::string name = check;
  std::replace(name.begin(), name.end(), '/', '_');
  return fmt::format("{}.{}.json", name, protocol);
}

Result<Fixture> fixture_of(const CheckResult& check, const ProbeResult& result, const RedactionRules& rules) {
  Fixture fixture;
  fixture.title = fmt::format("{} ({})", check.title, check.id);
  fixture.provenance.source = result.endpoint;
  fixture.provenance.note = fmt::format("assay probe, {}, {}", result.protocol, check.id);
  for (const Answer& answer : check.answers)
    if (answer.outcome.head) fixture.exchanges.push_back(recorded(answer));
  const auto suspicions = redact_and_verify(fixture, rules);
  if (!suspicions.empty()) return fail(fmt::format("{}: {}", check.id, suspicions.front().text()));
  return fixture;
}

Result<Saved> save(const ProbeResult& result, const std::string& folder, const RedactionRules& rules) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail("cannot make the folder: " + error.message(), folder);
  Saved saved;
  for (const CheckResult& check : result.checks) {
    auto fixture = fixture_of(check, result, rules);
    if (!fixture) {
      saved.left_out.push_back(fixture.error().message);
      continue;
    }
    if (fixture->exchanges.empty()) continue;
    if (auto written = write_fixture(*fixture, folder + "/" + fixture_name(check.id, result.protocol));
        !written)
      return tl::unexpected(written.error());
    ++saved.files;
  }
  return saved;
}

std::set<std::string> traits_of(const RecordedExchange& recorded) {
  const Response& response = recorded.exchange.response;
  std::set<std::string> traits{fmt::format("status {}", response.status)};
  const std::string* type = find_header(response.headers, "content-type");
  traits.insert(fmt::format("content-type {}", type == nullptr ? "missing" : to_lower(*type)));
  std::string body = body_bytes(response);
  if (const std::string* coding = find_header(response.headers, "content-encoding")) {
    traits.insert("content-encoding " + to_lower(*coding));
    if (auto plain = decode_content(*coding, body)) body = std::move(*plain);
  }
  const json whole = parse_untrusted(body);
  if (!whole.is_discarded()) {
    walk(whole, "body ", "", traits);
  } else if (type != nullptr && to_lower(*type).find("event-stream") != std::string::npos) {
    add_events(body, traits);
  }
  return traits;
}

Result<std::vector<std::string>> drift(const ProbeResult& result, const std::string& folder,
                                       const RedactionRules& rules) {
  std::vector<std::string> lines;
  std::size_t compared = 0;
  for (const CheckResult& check : result.checks) {
    const std::string path = folder + "/" + fixture_name(check.id, result.protocol);
    if (!std::filesystem::exists(path)) continue;
    const auto before = read_fixture(path);
    if (!before) return tl::unexpected(before.error());
    const auto now = fixture_of(check, result, rules);
    if (!now) {
      lines.push_back("not compared: " + now.error().message);
      continue;
    }
    ++compared;
    const std::size_t count = std::min(before->exchanges.size(), now->exchanges.size());
    if (before->exchanges.size() != now->exchanges.size())
      lines.push_back(fmt::format("{}: {} answers, {} before", check.id, now->exchanges.size(),
                                  before->exchanges.size()));
    for (std::size_t i = 0; i < count; ++i) {
      const auto old_traits = traits_of(before->exchanges[i]);
      const auto new_traits = traits_of(now->exchanges[i]);
      for (const std::string& trait : old_traits)
        if (!new_traits.contains(trait))
          lines.push_back(fmt::format("{} answer {}: no longer {}", check.id, i, trait));
      for (const std::string& trait : new_traits)
        if (!old_traits.contains(trait))
          lines.push_back(fmt::format("{} answer {}: new {}", check.id, i, trait));
    }
  }
  if (compared == 0) return fail("no recording of " + result.protocol + " to compare with", folder);
  return lines;
}

}  // namespace assay::probe

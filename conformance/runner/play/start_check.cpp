#include "conformance/runner/play/start_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/adapter_protocol.h"
#include "conformance/runner/case/case_file.h"
#include "conformance/runner/race/timeline.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

constexpr Micros kMostPatience = std::chrono::seconds(24);  // with what starts and ends it: at most 30 s
constexpr Micros kUsualPatience = std::chrono::seconds(15);

// The answers are plain: whatever does not come about is the client's doing.
// The suite is kStartSuite.
constexpr const char* kCases = R"(suite: start
cases:
  - id: chat
    title: One chat turn
    requires: [chat]
    credential: {kind: api_key, key: sk-worldrouter-start-0123456789abcdef}
    world: {inference: {turn: pong, auth: {keys: [sk-worldrouter-start-0123456789abcdef]}}}
    do: [chat: {as: chat, messages: [{role: user, content: Say pong}]}]
    met: {request: chat}
    expect: {ends: {chat: {ok: present}}}
  - id: models
    title: The list of models
    requires: [models]
    do: [models: {as: models}]
    met: {request: models}
    expect: {ends: {models: {ok: present}}}
  - id: login
    title: One login
    requires: [login]
    do: [login: {as: login}]
    met: {request: login}
    expect: {ends: {login: {ok: present}}}
)";

std::vector<std::string> details_of(const ClientSpec& client, const CaseRecord& record) {
  std::vector<std::string> out = {fmt::format("argv       {}", fmt::join(client.argv, " "))};
  if (record.output.exit) out.push_back(fmt::format("status     {}", *record.output.exit));
  constexpr std::size_t kLines = 8;
  std::size_t said = 0;
  for (const auto& [name, text] : {std::pair("stderr", &record.output.err), {"stdout", &record.output.out}}) {
    for (const std::string_view line : split(*text, '\n')) {
      if (trim(line).empty() || said++ >= kLines) continue;
      out.push_back(fmt::format("{:<10} {}", name, line.substr(0, 300)));
    }
    // An adapter's stdout is its answers; it is shown where stderr says nothing.
    if (said > 0) break;
  }
  std::size_t requests = 0;
  const Entries entries = entries_of(record);
  Statuses statuses(entries);
  for (const auto& entry : entries) {
    if (entry->kind != JournalKind::request || entry->actor == "browser" || ++requests > kLines) continue;
    const int status = statuses.of(*entry);
    out.push_back(fmt::format("{:<10} {} {}{}", "requested", entry->actor, entry->text,
                              status == 0 ? "" : fmt::format(" (answered {})", status)));
  }
  if (requests == 0) out.push_back("requested  nothing");
  return out;
}

// Nothing when the record shows a client that can be judged.
std::optional<std::string> failure_in(const CaseRecord& record) {
  switch (record.verdict) {
    case Verdict::error:
    case Verdict::timeout:
      return record.reason;
    case Verdict::could_not_run:  // this machine's doing; the cases say so one by one
      return std::nullopt;
    default:
      break;
  }
  const auto unmet =
      std::find_if(record.met.begin(), record.met.end(), [](const auto& one) { return !one.ok; });
  if (unmet == record.met.end()) return std::nullopt;
  return "no request of this operation arrived at its route";
}

}  // namespace

StartCheck start_check(const ClientSpec& client, ExecuteOptions options, std::uint64_t seed) {
  // Without a login it has nobody to ask for; each of its cases begins with one.
  if (client.recipe && !client.recipe->login.account.empty()) return {};
  ClientSpec patient = client;
  const Micros patience =
      std::min(client.patience == Micros(0) ? kUsualPatience : client.patience, kMostPatience);
  patient.patience = patience;
  patient.manifest.reset();
  options.jobs = 1;
  options.retries = 0;
  const auto cases = parse_suite(kCases, "start check");
  if (!cases) return {StartFailure{cases.error().text(), {}}, {}};
  StartCheck out;
  for (Case one : *cases) {
    std::optional<CaseRecord> record;
    auto done = execute({{0, seed, std::move(one), patient}}, options,
                        [&](CaseLine line) { record = std::move(line.record); });
    if (!done) return {StartFailure{done.error().text(), {}}, {}};
    if (!record) return {};  // interrupted; the run says so
    if (!record->capabilities.empty()) {
      out.capabilities = record->capabilities;
      patient.claims = out.capabilities;
    }
    if (record->verdict == Verdict::not_applicable) continue;
    const auto failure = failure_in(*record);
    if (!failure) return out;
    const std::string op = record->name.substr(record->name.find('/') + 1);
    out.failure = {fmt::format("the client {} does not play {}: {}", client.name, op, *failure),
                   details_of(client, *record)};
    return out;
  }
  return out;
}

}  // namespace assay::conformance

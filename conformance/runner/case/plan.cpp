#include "conformance/runner/case/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "harness/base/random.h"
#include "harness/base/strict.h"
#include "harness/world/condition.h"

namespace assay::conformance {

namespace {

// "any/chat/answers@anthropic" → the part before the @, and what stands behind it.
std::pair<std::string, std::optional<std::string>> parted(const std::string& pattern) {
  const auto at = pattern.rfind('@');
  if (at == std::string::npos) return {pattern, std::nullopt};
  return {pattern.substr(0, at), pattern.substr(at + 1)};
}

bool is_id(const std::string& pattern, const Case& one) {
  return one.id == pattern || one.id.ends_with("/" + pattern);
}

}  // namespace

std::vector<ProtocolPlay> plays_of(const Case& one, const ClientSpec& client, bool all_protocols) {
  std::vector<ProtocolPlay> out;
  const bool several = one.protocols.wire || all_protocols;
  // What does not depend on the protocol is asked in whatever the case's own provider speaks.
  if (!several || client.protocols.empty()) return {{}};
  for (const std::string& protocol : client.protocols) {
    if (one.protocols.fits(protocol)) out.push_back({protocol, !out.empty()});
  }
  if (out.empty()) out.push_back({client.protocols.front(), false});
  return out;
}

bool fits(const std::string& pattern, const Case& one) {
  const std::string of = parted(pattern).first;
  return is_id(of, one) || one.suite == of || one.question == of || one.id.starts_with(of + "/") ||
         glob_match(of, one.id);
}

bool fits(const std::string& pattern, const Case& one, const ProtocolPlay& play) {
  if (!fits(pattern, one)) return false;
  const auto [of, protocol] = parted(pattern);
  if (protocol) return glob_match(*protocol, play.protocol);
  return !play.other || !is_id(of, one);
}

bool selected(const Case& one, const ProtocolPlay& play, const ClientSpec& client, const Filter& filter) {
  if (!filter.role.empty() && one.role != filter.role) return false;
  if (play.other && filter.first_protocol) return false;
  if (level_for(one, client.kind) > filter.level) return false;
  if (std::any_of(filter.exclude.begin(), filter.exclude.end(),
                  [&](const std::string& p) { return fits(p, one, play); }))
    return false;
  return filter.cases.empty() || std::any_of(filter.cases.begin(), filter.cases.end(),
                                             [&](const std::string& p) { return fits(p, one, play); });
}

Result<std::vector<PlannedCase>> make_plan(const std::vector<Case>& cases,
                                           const std::vector<ClientSpec>& clients, const Filter& filter,
                                           std::uint64_t seed) {
  std::vector<std::string> patterns = filter.cases;
  patterns.insert(patterns.end(), filter.exclude.begin(), filter.exclude.end());
  for (const std::string& pattern : patterns) {
    if (std::any_of(cases.begin(), cases.end(), [&](const Case& c) { return fits(pattern, c); })) continue;
    std::vector<std::string> ids;
    for (const Case& c : cases) ids.push_back(c.id);
    const std::string near = nearest(pattern, ids);
    return fail(fmt::format("no case matches \"{}\"{}; `assay list` shows them all", pattern,
                            near.empty() ? "" : " (did you mean " + near + "?)"));
  }
  std::vector<PlannedCase> out;
  std::uint64_t index = 0;
  for (const ClientSpec& client : clients) {
    for (std::uint64_t round = 0; round < filter.repeat; ++round) {
      for (const Case& one : cases) {
        for (const ProtocolPlay& play : plays_of(one, client, filter.all_protocols)) {
          if (!selected(one, play, client, filter)) continue;
          const std::uint64_t here = index++;
          if (here % filter.shards + 1 != filter.shard) continue;
          PlannedCase planned{here, seed, one, client};
          planned.play = play;
          out.push_back(std::move(planned));
        }
      }
    }
  }
  if (index == 0) return fail("the filter leaves no case to run");
  if (filter.random_order) {
    Random random = Random(seed).fork("order");
    for (std::size_t left = out.size(); left > 1; --left)
      std::swap(out[left - 1], out[static_cast<std::size_t>(random.below(left))]);
  }
  return out;
}

Result<std::pair<std::uint64_t, std::uint64_t>> parse_shard(const std::string& text) {
  const auto wrong = [&] { return fail("expected a shard such as 2/4, found \"" + text + "\""); };
  const auto slash = text.find('/');
  if (slash == std::string::npos) return wrong();
  std::uint64_t i = 0, n = 0;
  const auto a = std::from_chars(text.data(), text.data() + slash, i);
  const auto b = std::from_chars(text.data() + slash + 1, text.data() + text.size(), n);
  if (a.ec != std::errc() || a.ptr != text.data() + slash || b.ec != std::errc() ||
      b.ptr != text.data() + text.size())
    return wrong();
  if (i < 1 || i > n) return wrong();
  return std::pair(i, n);
}

}  // namespace assay::conformance

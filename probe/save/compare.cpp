#include "probe/save/compare.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::probe {
namespace {

const ProbeResult* counterpart(const Report& before, const ProbeResult& now) {
  const ProbeResult* only = nullptr;
  std::size_t count = 0;
  for (const ProbeResult& result : before.results) {
    if (result.name() == now.name()) return &result;
    if (result.protocol != now.protocol) continue;
    only = &result;
    ++count;
  }
  return count == 1 ? only : nullptr;
}

// A sentence without what is another one in every answer: numbers (times, counts), what stands in quotes
// (ids, texts), and where it was sent.
std::string gist(const std::string& sentence) {
  std::string out;
  bool quoted = false;
  for (const char c : sentence) {
    if (c == '"') quoted = !quoted;
    if (quoted || (c >= '0' && c <= '9') || c == '.') continue;
    out += c;
  }
  return out;
}

// The requirement that the file of checks has now is no finding about the endpoint.
std::string finding(const CheckResult& check) {
  const std::size_t at =
      check.requirement.empty() ? std::string::npos : check.sentence.find(check.requirement);
  return gist(check.sentence.substr(0, at));
}

bool stands(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::xpass;
}

// Known failures are judged for themselves: what the endpoint did is compared.
std::string_view word(const CheckResult& check) {
  if (check.verdict == Verdict::xpass) return "pass";
  if (check.verdict == Verdict::xfail) return check.level == Level::must ? "fail" : "warn";
  return to_string(check.verdict);
}

}  // namespace

Result<std::vector<std::string>> changes(const Report& before, const ProbeResult& now) {
  const ProbeResult* then = counterpart(before, now);
  if (then == nullptr)
    return fail("the record has no probe of " + now.name() + ", nor one of its protocol alone");
  std::vector<std::string> lines;
  for (const CheckResult* check : by_rank(now)) {
    const auto old = std::find_if(then->checks.begin(), then->checks.end(),
                                  [&](const CheckResult& one) { return one.id == check->id; });
    if (old == then->checks.end()) continue;
    if (word(*old) != word(*check)) {
      lines.push_back(
          fmt::format("{}: was {}, is {}: {}", check->id, word(*old), word(*check), check->sentence));
    } else if (!stands(check->verdict) && finding(*old) != finding(*check)) {
      lines.push_back(fmt::format("{}: {} as before, but now: {}", check->id, word(*check), check->sentence));
    }
  }
  return lines;
}

}  // namespace assay::probe

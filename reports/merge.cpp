#include "reports/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "harness/base/exit_code.h"
#include "harness/base/text.h"

namespace assay::reports {
namespace {

struct Shard {
  unsigned index = 1;  // 1-based
  unsigned count = 1;
};

std::optional<Shard> parse_shard(std::string_view text) {
  if (text.empty()) return Shard{};
  Shard out;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits, unsigned& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value > 0;
  };
  if (!number(text.substr(0, slash), out.index) || !number(text.substr(slash + 1), out.count))
    return std::nullopt;
  return out.index <= out.count ? std::optional(out) : std::nullopt;
}

std::string family_name(const RunHeader& header) {
  std::string out;
  for (const ClientInfo& client : header.clients) out += (out.empty() ? "" : ", ") + client.name;
  return out;
}

// The shards that were seen of the runs with the same clients.
struct Family {
  unsigned count = 0;
  std::string first;  // the file that said so
  std::set<unsigned> seen;
};

Result<std::vector<std::string>> missing(const std::vector<NamedRecord>& inputs) {
  std::map<std::string, Family> families;
  std::vector<std::string> out;
  for (const auto& [name, record] : inputs) {
    const auto shard = parse_shard(record.header.shard);
    if (!shard) return fail("not a shard: '" + record.header.shard + "', expected i/n", name);
    Family& family = families[family_name(record.header)];
    if (family.count == 0) family.count = shard->count, family.first = name;
    if (family.count != shard->count) {
      return fail(
          fmt::format("a shard of {}, but {} is a shard of {}", shard->count, family.first, family.count),
          name);
    }
    family.seen.insert(shard->index);
    for (const std::string& lost : record.header.missing) out.push_back(lost);
    if (!record.footer || !record.footer->complete || record.cases.size() < record.header.planned) {
      if (!record.header.missing.empty()) continue;
      out.push_back(fmt::format("{}: {} of {} cases{}", name, record.cases.size(), record.header.planned,
                                record.footer ? "" : ", no footer"));
    }
  }
  for (const auto& [clients, family] : families) {
    for (unsigned i = 1; i <= family.count; ++i) {
      if (family.seen.contains(i)) continue;
      out.push_back(fmt::format("shard {}/{}{}", i, family.count, clients.empty() ? "" : " of " + clients));
    }
  }
  return out;
}

Result<void> check_unique(const std::vector<NamedRecord>& inputs) {
  // With --repeat a case has several lines; each has a place of its own in the plan.
  using Key = std::tuple<std::string_view, std::string_view, std::uint64_t>;
  std::map<Key, const std::string*> seen;
  for (const auto& [name, record] : inputs) {
    for (const CaseRecord& c : record.cases) {
      const auto [at, first] = seen.emplace(Key(c.client, c.name, c.index), &name);
      if (!first) return fail(fmt::format("{} of {} is in {} already", c.name, c.client, *at->second), name);
    }
  }
  return {};
}

// As one run would exit: what failed weighs more than what could not run.
int worse(int a, int b) {
  const auto weight = [](int exit) {
    return exit == static_cast<int>(ExitCode::incomplete) ? 1 : exit == 0 ? 0 : 1 + exit;
  };
  return weight(a) < weight(b) ? b : a;
}

void take_header(RunHeader& out, const RunHeader& in) {
  out.planned += in.planned;
  out.started = std::min(out.started, in.started);
  out.cells = out.cells && in.cells;
  if (out.without_cells.empty()) out.without_cells = in.without_cells;
  for (const ClientInfo& client : in.clients)
    if (std::find(out.clients.begin(), out.clients.end(), client) == out.clients.end())
      out.clients.push_back(client);
}

}  // namespace

Result<RunRecord> merge_records(std::vector<NamedRecord> inputs, std::vector<std::string> command) {
  if (inputs.empty()) return fail("nothing to merge");
  auto lost = missing(inputs);
  if (!lost) return tl::unexpected(lost.error());
  if (auto unique = check_unique(inputs); !unique) return tl::unexpected(unique.error());
  RunRecord out;
  out.header = inputs.front().record.header;
  out.header.schema = kRecordSchema;
  out.header.planned = 0;
  out.header.shard.clear();
  out.header.missing = std::move(*lost);
  out.header.command = std::move(command);
  RunFooter footer;
  for (auto& [name, record] : inputs) {
    if (record.header.requirements != out.header.requirements)
      return fail("ran another requirement set than " + inputs.front().name, name);
    take_header(out.header, record.header);
    for (const std::string& note : record.notes) out.notes.push_back(fmt::format("{}: {}", name, note));
    if (record.footer) {
      footer.duration_us = std::max(footer.duration_us, record.footer->duration_us);
      footer.exit = worse(footer.exit, record.footer->exit);
    }
    for (CaseRecord& c : record.cases) {
      ++footer.counts[std::string(to_string(c.verdict))];
      out.cases.push_back(std::move(c));
    }
  }
  std::sort(out.cases.begin(), out.cases.end(), [](const CaseRecord& a, const CaseRecord& b) {
    return std::tie(a.index, a.client, a.name) < std::tie(b.index, b.client, b.name);
  });
  footer.complete = out.header.missing.empty();
  if (!footer.complete) footer.exit = static_cast<int>(ExitCode::incomplete);
  // One shard may hold only cases that do not apply; all of them together may not.
  if (footer.exit == 0 && !any_applied(out.cases)) {
    footer.exit = static_cast<int>(ExitCode::incomplete);
    out.notes.emplace_back("no case applied");
  }
  for (const std::string& text : out.header.missing) out.notes.push_back("missing: " + text);
  out.footer = std::move(footer);
  return out;
}

}  // namespace assay::reports

#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "harness/base/untrusted_json.h"
#include "harness/base/visible.h"
#include "reports/record/topic.h"

namespace assay::reports {
namespace {

int level_rank(std::string_view level) {
  return level == "must" ? 0 : level == "should" ? 1 : 2;
}

// A string of the journal; bytes that are not UTF-8 are {"base64": "..."} there.
std::string journal_string(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end()) return {};
  if (found->is_string()) return *found;
  if (found->is_object() && found->contains("base64")) return "base64:" + found->value("base64", "");
  return found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string entry_line(const nlohmann::json& entry) {
  std::string line = fmt::format("#{}  {:.3f} s  {}  {}  {}", entry.value("seq", 0),
                                 static_cast<double>(entry.value("t_us", std::int64_t{0})) / 1e6,
                                 journal_string(entry, "actor"), journal_string(entry, "kind"),
                                 journal_string(entry, "text"));
  if (entry.contains("status")) line += "  " + entry["status"].dump();
  if (entry.contains("detail")) line += "  " + journal_string(entry, "detail");
  return line;
}

}  // namespace

void Tally::add(const CaseRecord& record) {
  ++counts.at(static_cast<std::size_t>(record.verdict));
  ++total;
  duration_us += record.duration_us;
}

Tally tally(const RunRecord& record) {
  Tally out;
  for (const CaseRecord& c : record.cases) out.add(c);
  return out;
}

std::string describe(const Tally& tally) {
  std::vector<Verdict> order;
  order.reserve(kVerdicts);
  for (int i = 0; i < kVerdicts; ++i) order.push_back(static_cast<Verdict>(i));
  std::sort(order.begin(), order.end(), [](Verdict a, Verdict b) {
    return std::tuple(a != Verdict::pass, !is_green(a), rank(a)) <
           std::tuple(b != Verdict::pass, !is_green(b), rank(b));
  });
  std::string out;
  for (const Verdict verdict : order) {
    if (tally.of(verdict) == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", tally.of(verdict), to_string(verdict));
  }
  return out.empty() ? "no cases" : out;
}

std::vector<const CaseRecord*> attention(const RunRecord& record) {
  std::vector<const CaseRecord*> out;
  for (const CaseRecord& c : record.cases)
    if (is_red(c.verdict) || c.verdict == Verdict::could_not_run) out.push_back(&c);
  const auto key = [](const CaseRecord* c) {
    return std::tuple(level_rank(c->level), rank(c->verdict), c->index, std::string_view(c->client));
  };
  std::sort(out.begin(), out.end(),
            [&](const CaseRecord* a, const CaseRecord* b) { return key(a) < key(b); });
  return out;
}

std::vector<std::pair<std::string, std::size_t>> by_topic(const std::vector<const CaseRecord*>& cases) {
  std::map<std::size_t, std::pair<std::string, std::size_t>> counted;
  for (const CaseRecord* c : cases) {
    const std::size_t rank = topic_rank(c->topic);
    auto& [name, count] = counted[rank];
    name = rank == topics().size() ? "" : c->topic;
    ++count;
  }
  std::vector<std::pair<std::string, std::size_t>> out;
  out.reserve(counted.size());
  for (auto& [rank, entry] : counted) out.push_back(std::move(entry));
  return out;
}

std::vector<const Check*> failed_checks(const CaseRecord& record) {
  std::vector<const Check*> out;
  for (const Check& check : record.checks)
    if (!check.ok) out.push_back(&check);
  return out;
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool continuation = (byte & 0xC0U) == 0x80U;
    if (limit != 0 && !continuation && characters == limit) return out + "…";
    if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
      if (out.empty() || out.back() == ' ') continue;
      out += ' ';
    } else if (const std::size_t size = control_at(text, i); size > 0) {
      // A terminal takes U+009B for the start of an escape sequence; U+202E turns the rest of the line round.
      out += visible(text.substr(i, size));
      i += size - 1;
    } else {
      out += text[i];
    }
    if (!continuation) ++characters;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<std::string> evidence(const CaseRecord& record, const Check& check, std::size_t limit) {
  std::vector<std::string> out;
  if (check.evidence.empty() || record.journal.empty()) return out;
  const nlohmann::json journal = parse_untrusted(record.journal, max_record_depth);
  if (!journal.is_array()) return out;
  for (const auto& entry : journal) {
    if (out.size() == limit) break;
    if (!entry.is_object() || !entry.contains("seq") || !entry["seq"].is_number_unsigned()) continue;
    const std::uint64_t seq = entry["seq"];
    if (std::find(check.evidence.begin(), check.evidence.end(), seq) == check.evidence.end()) continue;
    out.push_back(entry_line(entry));
  }
  return out;
}

std::string human_time(std::int64_t us) {
  if (us < 1000) return fmt::format("{} us", us);
  if (us < 1'000'000) return fmt::format("{} ms", us / 1000);
  if (us < 60'000'000) return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6);
  const std::int64_t seconds = us / 1'000'000;
  return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
}

std::string clients_line(const RunHeader& header) {
  std::string out;
  for (const ClientInfo& client : header.clients) {
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ", client.name, client.version.empty() ? "" : " ",
                       client.version);
  }
  return out.empty() ? "no client" : out;
}

}  // namespace assay::reports

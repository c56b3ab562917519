#include "reports/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "reports/markdown.h"
#include "reports/summary.h"

namespace assay::reports {
namespace {

constexpr std::size_t kObserved = 300;

template <typename T>
void add_once(std::vector<T>& all, const T& one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

// "stalls" of "any/chat/stalls" in the suite "any/chat".
std::string short_name(const CaseRecord& c) {
  return c.name.starts_with(c.suite + "/") ? c.name.substr(c.suite.size() + 1) : c.name;
}

std::string table_word(const CaseRecord* c) {
  if (c == nullptr) return "";
  if (c->verdict == Verdict::not_applicable) return "–";
  return std::string(to_string(c->verdict));
}

struct TableSuite {
  std::string name;
  std::vector<std::string> cases, clients;
  std::map<std::pair<std::string, std::string>, const CaseRecord*> cells;  // case, client
};

std::vector<TableSuite> table_suites(const RunRecord& record) {
  std::vector<TableSuite> out;
  for (const CaseRecord& c : record.cases) {
    auto suite = std::find_if(out.begin(), out.end(), [&](const TableSuite& s) { return s.name == c.suite; });
    if (suite == out.end()) suite = out.insert(out.end(), {c.suite, {}, {}, {}});
    suite->cells[{c.name, c.client}] = &c;
  }
  // Lines stand in the order in which cases ended; a reader wants the order of the plan.
  for (TableSuite& suite : out) {
    std::vector<const CaseRecord*> rows;
    for (const auto& [key, c] : suite.cells) rows.push_back(c);
    std::sort(rows.begin(), rows.end(),
              [](const CaseRecord* a, const CaseRecord* b) { return a->index < b->index; });
    for (const CaseRecord* c : rows) add_once(suite.cases, c->name);
    for (const ClientInfo& client : record.header.clients) {
      if (std::any_of(rows.begin(), rows.end(),
                      [&](const CaseRecord* c) { return c->client == client.name; }))
        add_once(suite.clients, client.name);
    }
  }
  std::sort(out.begin(), out.end(), [](const TableSuite& a, const TableSuite& b) { return a.name < b.name; });
  return out;
}

std::string table_of(const TableSuite& suite) {
  std::string out = fmt::format("| {} |", suite.name);
  std::string line = "| --- |";
  for (const std::string& client : suite.clients) {
    out += fmt::format(" {} |", markdown_escape(client));
    line += " --- |";
  }
  out += "\n" + line + "\n";
  for (const std::string& name : suite.cases) {
    std::string title;
    std::string cells;
    for (const std::string& client : suite.clients) {
      const auto at = suite.cells.find({name, client});
      const CaseRecord* c = at == suite.cells.end() ? nullptr : at->second;
      if (c != nullptr && title.empty()) title = short_name(*c);
      cells += fmt::format(" {} |", table_word(c));
    }
    out += fmt::format("| {} |{}\n", markdown_escape(title), cells);
  }
  return out;
}

std::string failures_of(const RunRecord& record, const ClientInfo& client) {
  std::string out;
  std::vector<const CaseRecord*> wrong;
  for (const CaseRecord& c : record.cases) {
    if (c.client == client.name && !is_green(c.verdict) && c.verdict != Verdict::not_applicable)
      wrong.push_back(&c);
  }
  std::sort(wrong.begin(), wrong.end(), [](const CaseRecord* a, const CaseRecord* b) {
    return std::tie(a->suite, a->index) < std::tie(b->suite, b->index);
  });
  for (const CaseRecord* c : wrong) {
    out += fmt::format("- {} ({}, {})", markdown_escape(c->name), to_string(c->verdict), c->level);
    const auto checks = failed_checks(*c);
    if (checks.empty()) out += ": " + markdown_code(one_line(c->reason, kObserved));
    for (const Check* check : checks)
      out += fmt::format("\n  - {}: {}", check->name, markdown_code(one_line(check->observed, kObserved)));
    out += "\n";
  }
  return out;
}

}  // namespace

std::string render_table(const RunRecord& record) {
  std::string out = fmt::format("{}; assay {}, {}.\n", describe(tally(record)), record.header.assay,
                                record.header.started.substr(0, 10));
  if (!record.complete()) out += "Incomplete: the run did not come to its end.\n";
  for (const TableSuite& suite : table_suites(record)) out += "\n" + table_of(suite);
  for (const ClientInfo& client : record.header.clients) {
    const std::string failures = failures_of(record, client);
    if (failures.empty()) continue;
    out += fmt::format("\n### {} {}\n{}", markdown_escape(client.name), markdown_escape(client.version),
                       failures);
  }
  return out;
}

}  // namespace assay::reports

#include "reports/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/summary.h"

namespace assay::reports {

extern const std::string_view compat_css;

namespace {

constexpr std::array<std::string_view, 5> kSupport = {"yes", "partly", "no", "absent", "unknown"};
constexpr std::array<std::string_view, 5> kMarks = {"✓", "◐", "✗", "–", "?"};

constexpr std::array<std::string_view, 12> kOrder = {"login",     "models",
                                                     "chat",      "stream",
                                                     "tools",     "parallel-tools",
                                                     "reasoning", "reasoning-replay",
                                                     "usage",     "structured-output",
                                                     "vision",    "parameters"};

// Login and discovery are asked of a provider, not of a model.
std::string model_name(const CompatRow& row) {
  return row.model.empty() ? "(no model)" : row.model;
}

std::string_view mark(Support support) {
  return kMarks.at(static_cast<std::size_t>(support));
}

// Features that the order does not know come after those it does; "parameters:top_k" goes with "parameters".
std::pair<std::size_t, std::string> order_key(const std::string& feature) {
  const std::string_view stem = std::string_view(feature).substr(0, feature.find(':'));
  const auto at = std::find(kOrder.begin(), kOrder.end(), stem);
  return {static_cast<std::size_t>(at - kOrder.begin()), feature};
}

bool ran(Verdict verdict) {
  return verdict != Verdict::not_applicable && verdict != Verdict::could_not_run && verdict != Verdict::error;
}

// xpass came out right, whatever the list of known failures says.
bool held(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::xpass;
}

void count(CompatCell& cell, const CaseRecord& c, bool& claimed) {
  claimed = claimed || c.verdict != Verdict::not_applicable;
  if (ran(c.verdict)) ++cell.ran;
  if (held(c.verdict)) ++cell.held;
  const auto weight = [](const CaseRecord& one) {
    return !ran(one.verdict) ? 100 + rank(one.verdict) : held(one.verdict) ? 50 : rank(one.verdict);
  };
  if (cell.witness == nullptr || weight(c) < weight(*cell.witness)) cell.witness = &c;
}

Support judge(const CompatCell& cell, bool claimed) {
  if (cell.ran == 0) return claimed ? Support::unknown : Support::absent;
  if (cell.held == cell.ran) return Support::yes;
  return cell.held == 0 ? Support::no : Support::partly;
}

// Cells that a reader wants explained: what does not hold.
template <typename Visit>
void each_gap(const Compat& table, const Visit& visit) {
  for (const CompatRow& row : table.rows) {
    for (const std::string& feature : table.features) {
      const auto cell = row.cells.find(feature);
      if (cell == row.cells.end() || cell->second.support == Support::yes ||
          cell->second.support == Support::absent)
        continue;
      visit(row, feature, cell->second);
    }
  }
}

}  // namespace

std::string_view to_string(Support support) {
  return kSupport.at(static_cast<std::size_t>(support));
}

Compat compat(const RunRecord& record) {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, CompatRow> rows;
  std::map<const CompatCell*, bool> claimed;
  std::set<std::string> features;
  for (const CaseRecord& c : record.cases) {
    if (c.provider.empty() || c.features.empty()) continue;
    CompatRow& row = rows[{c.provider, c.model, c.client}];
    row.provider = c.provider;
    row.model = c.model;
    row.client = c.client;
    for (const std::string& feature : c.features) {
      features.insert(feature);
      CompatCell& cell = row.cells[feature];
      count(cell, c, claimed[&cell]);
    }
  }
  Compat out;
  out.features.assign(features.begin(), features.end());
  std::sort(out.features.begin(), out.features.end(),
            [](const std::string& a, const std::string& b) { return order_key(a) < order_key(b); });
  for (auto& [key, row] : rows) {
    for (auto& [feature, cell] : row.cells) cell.support = judge(cell, claimed[&cell]);
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string render_compat_markdown(const RunRecord& record) {
  const Compat table = compat(record);
  std::string out =
      fmt::format("# Compatibility\n\n{}, assay {}, {}\n", markdown_escape(clients_line(record.header)),
                  markdown_escape(record.header.assay), markdown_escape(record.header.started));
  for (const std::string& note : record.notes) out += fmt::format("\n> {}\n", markdown_escape(note));
  out += "\n✓ holds · ◐ partly · ✗ does not · – not claimed by the client · ? not run · blank: no case\n";
  std::string provider;
  for (const CompatRow& row : table.rows) {
    if (row.provider != provider || &row == &table.rows.front()) {
      provider = row.provider;
      out += fmt::format("\n## {}\n\n| model | client |", markdown_escape(provider));
      std::string rule = "| --- | --- |";
      for (const std::string& feature : table.features)
        out += fmt::format(" {} |", markdown_escape(feature)), rule += " :-: |";
      out += "\n" + rule + "\n";
    }
    out += fmt::format("| {} | {} |", markdown_escape(model_name(row)), markdown_escape(row.client));
    for (const std::string& feature : table.features) {
      const auto cell = row.cells.find(feature);
      if (cell == row.cells.end())
        out += "  |";
      else if (cell->second.support == Support::partly)
        out += fmt::format(" {} {}/{} |", mark(cell->second.support), cell->second.held, cell->second.ran);
      else
        out += fmt::format(" {} |", mark(cell->second.support));
    }
    out += "\n";
  }
  std::string gaps;
  each_gap(table, [&](const CompatRow& row, const std::string& feature, const CompatCell& cell) {
    gaps += fmt::format("- {} {} · {} · {} ({}/{}): {} {} — repeat: {}\n", markdown_escape(row.provider),
                        markdown_escape(model_name(row)), markdown_escape(row.client),
                        markdown_escape(feature), cell.held, cell.ran, to_string(cell.witness->verdict),
                        markdown_code(cell.witness->name), markdown_code(cell.witness->command));
  });
  if (!gaps.empty()) out += "\n## What does not hold\n\n" + gaps;
  return out;
}

std::string render_compat_json(const RunRecord& record) {
  using Json = nlohmann::ordered_json;
  const Compat table = compat(record);
  Json rows = Json::array();
  for (const CompatRow& row : table.rows) {
    Json cells = Json::object();
    for (const std::string& feature : table.features) {
      const auto cell = row.cells.find(feature);
      if (cell == row.cells.end()) continue;
      cells[feature] = {{"support", to_string(cell->second.support)},
                        {"held", cell->second.held},
                        {"ran", cell->second.ran},
                        {"case", cell->second.witness->name},
                        {"outcome", to_string(cell->second.witness->verdict)},
                        {"command", cell->second.witness->command}};
    }
    rows.push_back({{"provider", row.provider},
                    {"model", row.model},
                    {"client", row.client},
                    {"features", std::move(cells)}});
  }
  const Json out = {{"compat", 1},
                    {"assay", record.header.assay},
                    {"started", record.header.started},
                    {"complete", record.complete()},
                    {"features", table.features},
                    {"rows", std::move(rows)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string render_compat_html(const RunRecord& record) {
  const Compat table = compat(record);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Compatibility</title>"
      "<style>{}</style></head><body><h1>Compatibility</h1>\n<p>{}, assay {}, {}</p>\n",
      compat_css, xml_escape(clients_line(record.header)), xml_escape(record.header.assay),
      xml_escape(record.header.started));
  for (const std::string& note : record.notes)
    out += fmt::format("<p class=\"note\">{}</p>\n", xml_escape(note));
  out += "<p class=\"legend\">";
  constexpr std::array<const char*, 5> kMeaning = {"holds", "partly", "does not hold",
                                                   "not claimed by the client", "not run"};
  for (std::size_t i = 0; i < kMeaning.size(); ++i)
    out += fmt::format("<span class=\"{}\">{}</span> {} ", kSupport.at(i), kMarks.at(i), kMeaning.at(i));
  out += "</p>\n";
  std::string provider;
  bool open = false;
  for (const CompatRow& row : table.rows) {
    if (!open || row.provider != provider) {
      if (open) out += "</tbody></table></div>\n";
      provider = row.provider;
      out += fmt::format("<h2>{}</h2><div class=\"scroll\"><table><thead><tr><th>model</th><th>client</th>",
                         xml_escape(provider));
      for (const std::string& feature : table.features)
        out += fmt::format("<th>{}</th>", xml_escape(feature));
      out += "</tr></thead><tbody>\n";
      open = true;
    }
    out += fmt::format("<tr><th>{}</th><td>{}</td>", xml_escape(model_name(row)), xml_escape(row.client));
    for (const std::string& feature : table.features) {
      const auto at = row.cells.find(feature);
      if (at == row.cells.end()) {
        out += "<td></td>";
        continue;
      }
      const CompatCell& cell = at->second;
      out += fmt::format(
          "<td><details class=\"{0}\"><summary aria-label=\"{1}: {0}\">{2}</summary><div><b>{3}</b> {4} of "
          "{5}<br>"
          "{6}<br><code>{7}</code></div></details></td>",
          to_string(cell.support), xml_escape(feature), mark(cell.support), to_string(cell.witness->verdict),
          cell.held, cell.ran, xml_escape(cell.witness->name), xml_escape(cell.witness->command));
    }
    out += "</tr>\n";
  }
  if (open) out += "</tbody></table></div>\n";
  return out + "</body></html>\n";
}

}  // namespace assay::reports

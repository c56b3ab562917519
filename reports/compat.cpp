#include "reports/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/summary.h"
#include "reports/table_css.h"

namespace assay::reports {

extern const std::string_view compat_css;

namespace {

constexpr std::array<std::string_view, 5> kSupport = {"yes", "partly", "no", "absent", "unknown"};
constexpr std::array<std::string_view, 5> kMarks = {"✓", "◐", "✗", "–", "?"};

constexpr std::array<const char*, 5> kMeaning = {"holds", "partly", "does not hold",
                                                 "not claimed by the client", "not run"};
constexpr std::string_view kLegend =
    "✓ holds · ◐ partly · ✗ does not hold · – not claimed by the client · ? not run · empty: no case · n/m: "
    "n of m "
    "cases hold";

constexpr std::array<std::string_view, 12> kOrder = {"login",     "models",
                                                     "chat",      "stream",
                                                     "tools",     "parallel-tools",
                                                     "reasoning", "reasoning-replay",
                                                     "usage",     "structured-output",
                                                     "vision",    "parameters"};

// Features that a client has only if it names a capability for them. A case of such a feature may need
// another capability alone: it says nothing of a client that does not claim the feature.
constexpr std::array<std::string_view, 5> kClaimed = {"login", "models", "tools", "reasoning", "refresh"};

// "login" is claimed by login, login.openai and device-login. A record without capabilities claims
// everything.
bool claims(const std::vector<std::string>& capabilities, const std::string& feature) {
  if (capabilities.empty() || std::find(kClaimed.begin(), kClaimed.end(), feature) == kClaimed.end())
    return true;
  return std::any_of(capabilities.begin(), capabilities.end(), [&](const std::string& capability) {
    return capability == feature || capability.starts_with(feature + ".") ||
           capability.ends_with("-" + feature);
  });
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

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
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
    for (const auto& [client, cell] : row.cells) {
      if (cell.support != Support::yes && cell.support != Support::absent) visit(row.feature, client, cell);
    }
  }
}

// "12/12"; nothing where nothing ran.
std::string count_text(const CompatCell& cell) {
  return cell.ran == 0 ? std::string() : fmt::format("{}/{}", cell.held, cell.ran);
}

}  // namespace

std::string_view to_string(Support support) {
  return kSupport.at(static_cast<std::size_t>(support));
}

Compat compat(const RunRecord& record) {
  Compat out;
  std::map<std::string, std::vector<std::string>> capabilities;
  const auto know = [&](const std::string& client) {
    if (std::find(out.clients.begin(), out.clients.end(), client) == out.clients.end())
      out.clients.push_back(client);
  };
  for (const ClientInfo& client : record.header.clients) {
    know(client.name);
    capabilities[client.name] = client.capabilities;
  }
  std::map<std::pair<std::size_t, std::string>, CompatRow> rows;
  std::map<const CompatCell*, bool> claimed;
  for (const CaseRecord& c : record.cases) {
    know(c.client);
    for (const std::string& feature : c.features) {
      CompatRow& row = rows[order_key(feature)];
      row.feature = feature;
      CompatCell& cell = row.cells[c.client];
      count(cell, c, claimed[&cell]);
    }
  }
  for (auto& [key, row] : rows) {
    bool any = false;
    for (auto& [client, cell] : row.cells) {
      cell.support =
          claims(capabilities[client], row.feature) ? judge(cell, claimed[&cell]) : Support::absent;
      any = any || cell.support != Support::absent;
    }
    if (any)
      out.rows.push_back(std::move(row));
    else
      out.unclaimed.push_back(row.feature);
  }
  return out;
}

std::string render_compat_markdown(const RunRecord& record) {
  const Compat table = compat(record);
  std::string out =
      fmt::format("# Compatibility\n\n{}, assay {}, {}\n", markdown_escape(clients_line(record.header)),
                  markdown_escape(record.header.assay), markdown_escape(record.header.started));
  for (const std::string& note : record.notes) out += fmt::format("\n> {}\n", markdown_escape(note));
  out += fmt::format("\n{}\n\n| feature |", kLegend);
  std::string rule = "| --- |";
  for (const std::string& client : table.clients)
    out += fmt::format(" {} |", markdown_escape(client)), rule += " --- |";
  out += "\n" + rule + "\n";
  for (const CompatRow& row : table.rows) {
    out += fmt::format("| {} |", markdown_escape(row.feature));
    for (const std::string& client : table.clients) {
      const auto cell = row.cells.find(client);
      if (cell == row.cells.end()) {
        out += "  |";
        continue;
      }
      const bool absent = cell->second.support == Support::absent;
      const std::string count = absent ? std::string() : count_text(cell->second);
      out += fmt::format(" {}{}{} |", mark(cell->second.support), count.empty() ? "" : " ", count);
    }
    out += "\n";
  }
  if (!table.unclaimed.empty())
    out += fmt::format("\nNot claimed by any client: {}\n", markdown_escape(joined(table.unclaimed)));
  std::string gaps;
  each_gap(table, [&](const std::string& feature, const std::string& client, const CompatCell& cell) {
    gaps += fmt::format("- {} · {} ({}): {} {}{}{} Repeat: {}\n", markdown_escape(feature),
                        markdown_escape(client), count_text(cell), to_string(cell.witness->verdict),
                        markdown_code(cell.witness->name), cell.witness->reason.empty() ? "." : ". ",
                        markdown_escape(cell.witness->reason, 300), markdown_code(cell.witness->command));
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
    for (const auto& [client, cell] : row.cells) {
      cells[client] = {{"support", to_string(cell.support)},
                       {"held", cell.held},
                       {"ran", cell.ran},
                       {"case", cell.witness->name},
                       {"outcome", to_string(cell.witness->verdict)},
                       {"reason", cell.witness->reason},
                       {"command", cell.witness->command}};
    }
    rows.push_back({{"feature", row.feature}, {"clients", std::move(cells)}});
  }
  const Json out = {{"compat", 2},
                    {"assay", record.header.assay},
                    {"started", record.header.started},
                    {"complete", record.complete()},
                    {"clients", table.clients},
                    {"unclaimed", table.unclaimed},
                    {"rows", std::move(rows)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string render_compat_html(const RunRecord& record) {
  const Compat table = compat(record);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Compatibility</title>"
      "<style>{}{}</style></head><body><h1>Compatibility</h1>\n<p>{}, assay {}, {}</p>\n",
      table_css, compat_css, xml_escape(clients_line(record.header)), xml_escape(record.header.assay),
      xml_escape(record.header.started));
  for (const std::string& note : record.notes)
    out += fmt::format("<p class=\"note\">{}</p>\n", xml_escape(note));
  out += "<p class=\"legend\">";
  for (std::size_t i = 0; i < kMeaning.size(); ++i)
    out +=
        fmt::format("<span><b class=\"{}\">{}</b> {}</span> ", kSupport.at(i), kMarks.at(i), kMeaning.at(i));
  out +=
      "<span>empty: no case</span> <span>n/m: n of m cases hold</span></p>\n"
      "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>feature</th>";
  for (const std::string& client : table.clients) out += fmt::format("<th>{}</th>", xml_escape(client));
  out += "</tr></thead><tbody>\n";
  for (const CompatRow& row : table.rows) {
    out += fmt::format("<tr><th>{}</th>", xml_escape(row.feature));
    for (const std::string& client : table.clients) {
      const auto at = row.cells.find(client);
      if (at == row.cells.end()) {
        out += "<td></td>";
        continue;
      }
      const CompatCell& cell = at->second;
      const std::string count = cell.support == Support::absent ? "" : count_text(cell);
      const std::string face = fmt::format("<span class=\"{0}\" aria-label=\"{0}\">{1}</span> {2}",
                                           to_string(cell.support), mark(cell.support), count);
      if (cell.support == Support::yes || cell.support == Support::absent) {
        out += fmt::format("<td>{}</td>", face);
        continue;
      }
      out += fmt::format(
          "<td><details><summary>{}</summary><div><b>{}</b> {}<br>{}<br><code>{}</code></div></details></td>",
          face, to_string(cell.witness->verdict), xml_escape(cell.witness->name),
          xml_escape(cell.witness->reason), xml_escape(cell.witness->command));
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (!table.unclaimed.empty())
    out += fmt::format("<p>Not claimed by any client: {}</p>\n", xml_escape(joined(table.unclaimed)));
  return out + "</body></html>\n";
}

}  // namespace assay::reports

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/visible.h"
#include "probe/report/report.h"
#include "probe/report/table.h"
#include "reports/junit.h"
#include "reports/table_css.h"

namespace assay::probe {

extern const std::string_view probe_css;

namespace {

std::string html_text(const std::string& text) {
  return reports::xml_escape(visible(text));
}

std::string cell_html(const CheckResult* cell) {
  if (cell == nullptr) return "<td></td>";
  const std::string face =
      fmt::format("<span class=\"{}\">{}</span>", to_string(cell->verdict), cell_text(*cell));
  if (cell->verdict == Verdict::pass) return fmt::format("<td>{}</td>", face);
  return fmt::format("<td><details><summary>{}</summary><div>{}</div></details></td>", face,
                     html_text(cell->sentence + (cell->known.empty() ? "" : " Known: " + cell->known)));
}

// What a row is worth looking at: as much as its worst cell.
int worst(const Row& row) {
  int out = 1000;
  for (const CheckResult* cell : row.cells)
    if (cell != nullptr) out = std::min(out, rank(*cell));
  return out;
}

}  // namespace

std::vector<Row> rows_of(const Report& report) {
  std::vector<Row> rows;
  for (std::size_t column = 0; column < report.results.size(); ++column)
    for (const CheckResult& check : report.results[column].checks) {
      auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.id == check.id; });
      if (row == rows.end()) {
        rows.push_back(
            {check.id, check.title, check.level, std::vector<const CheckResult*>(report.results.size())});
        row = std::prev(rows.end());
      }
      row->cells[column] = &check;
    }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return worst(a) < worst(b); });
  return rows;
}

std::string cell_text(const CheckResult& check) {
  if (check.model_decides) return fmt::format("{} {}/{}", to_string(check.verdict), check.held, check.plays);
  return std::string(to_string(check.verdict));
}

std::string render_html(const Report& report) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>What the endpoints "
      "keep</title>"
      "<style>{}{}</style></head><body><h1>What the endpoints keep</h1>\n<p>assay {}, {}</p>\n",
      reports::table_css, probe_css, html_text(report.assay), html_text(report.started));
  for (const std::string& note : report.notes)
    out += fmt::format("<p class=\"note\">{}</p>\n", html_text(note));
  out +=
      "<p class=\"legend\"><span><b class=\"pass\">pass</b> holds</span> <span><b class=\"fail\">fail</b> a "
      "must does "
      "not hold</span> <span><b class=\"warn\">warn</b> a should does not hold</span> <span><b "
      "class=\"refused\">refused</b> not offered, and said so</span> <span><b "
      "class=\"inconclusive\">inconclusive</b> could not be judged</span> <span><b class=\"xfail\">xfail</b> "
      "a known "
      "failure</span> <span><b class=\"xpass\">xpass</b> a known failure that passes</span> <span>empty: not "
      "asked</span> "
      "<span>n/m: n "
      "of m times</span></p>\n<div class=\"scroll\" "
      "tabindex=\"0\"><table><thead><tr><th>check</th><th>level</th>";
  for (const ProbeResult& result : report.results)
    out += fmt::format("<th>{}<br>{}<br>{}</th>", html_text(result.endpoint), result.protocol,
                       html_text(result.model));
  out += "</tr></thead><tbody>\n";
  for (const Row& row : rows_of(report)) {
    out += fmt::format("<tr><th title=\"{}\">{}</th><td>{}</td>", html_text(row.title), row.id,
                       to_string(row.level));
    for (const CheckResult* cell : row.cells) out += cell_html(cell);
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  for (const ProbeResult& result : report.results) {
    out += fmt::format("<h2>{}</h2>\n<p>{} requests, {} tokens, {:.1f} s. {}</p>\n<ul>\n",
                       html_text(result.name()), result.spent.requests, result.spent.tokens,
                       static_cast<double>(result.milliseconds) / 1000, html_text(overcount(result)));
    for (const CheckResult* check : by_rank(result))
      if (check->verdict != Verdict::pass)
        out += fmt::format("<li><b class=\"{0}\">{0}</b> {1} ({2}): {3}</li>\n", to_string(check->verdict),
                           check->id, to_string(check->level), html_text(check->sentence));
    out += "</ul>\n";
  }
  return out + "</body></html>\n";
}

}  // namespace assay::probe

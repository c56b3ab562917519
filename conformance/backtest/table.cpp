#include "conformance/backtest/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/summary.h"

namespace assay::conformance {
namespace {

using Counts = std::array<std::size_t, kBugVerdicts>;

constexpr std::size_t kCell = 200;  // characters of a cell of a table

std::string versions_of(const Bug& bug) {
  return bug.package ? fmt::format("{} → {}", bug.bad, bug.good) : "-";
}

std::string package_of(const Bug& bug) {
  return bug.package ? bug.package->name : bug.bad_client;
}

// What the bad version did, or why nothing was seen.
std::string told(const BugOutcome& outcome) {
  return outcome.finding == BugVerdict::found ? outcome.bad_did : outcome.why;
}

std::string counts_text(const Counts& counts) {
  std::size_t all = 0;
  for (const std::size_t one : counts) all += one;
  std::string out = fmt::format("found {} of {}", counts[0], all);
  for (int i = 1; i < kBugVerdicts; ++i)
    if (counts[i] > 0) out += fmt::format(", {} {}", to_string(static_cast<BugVerdict>(i)), counts[i]);
  return out;
}

std::map<std::string, Counts> by_registry(const std::vector<BugOutcome>& outcomes) {
  std::map<std::string, Counts> out;
  for (const BugOutcome& outcome : outcomes) {
    ++out[registry_of(outcome.bug)][static_cast<std::size_t>(outcome.finding)];
  }
  return out;
}

std::string rounds_text(const BugOutcome& outcome) {
  return outcome.rounds > 1 ? fmt::format(", {} of {} rounds", outcome.red, outcome.rounds) : "";
}

}  // namespace

std::string counts_of(const std::vector<BugOutcome>& outcomes) {
  Counts counts{};
  for (const BugOutcome& outcome : outcomes) ++counts[static_cast<std::size_t>(outcome.finding)];
  return counts_text(counts);
}

std::string render_backtest_console(const std::vector<BugOutcome>& outcomes, std::size_t width) {
  std::size_t name = 0;
  for (const BugOutcome& outcome : outcomes) name = std::max(name, outcome.bug.name.size());
  std::string out;
  for (const BugOutcome& outcome : outcomes) {
    const Bug& bug = outcome.bug;
    out += fmt::format("{:<16}  {:<{}}  {} {} {}{}\n", to_string(outcome.finding), bug.name, name,
                       language_of(bug), package_of(bug), versions_of(bug), rounds_text(outcome));
    out += fmt::format("{:<18}{}\n", "",
                       reports::one_line(told(outcome), std::max<std::size_t>(width, 60) - 20));
    if (outcome.finding == BugVerdict::found || outcome.finding == BugVerdict::not_attached) continue;
    out += fmt::format("{:<18}bad: {}\n{:<18}good: {}\n", "",
                       reports::one_line(outcome.bad_did, std::max<std::size_t>(width, 60) - 20), "",
                       reports::one_line(outcome.good_did, std::max<std::size_t>(width, 60) - 20));
    if (!outcome.repeat.empty()) out += fmt::format("{:<18}{}\n", "", reports::one_line(outcome.repeat));
  }
  out += "\n";
  for (const auto& [registry, counts] : by_registry(outcomes))
    out += fmt::format("{:<10} {}\n", registry, counts_text(counts));
  out += fmt::format("{:<10} {}\n", "all", counts_of(outcomes));
  return out;
}

std::string render_backtest_markdown(const std::vector<BugOutcome>& outcomes, const std::string& command) {
  using reports::markdown_escape;
  std::string out = fmt::format("# Backtest\n\nMade by {}: {}.\n\n| registry | result |\n| --- | --- |\n",
                                reports::markdown_code(command), counts_of(outcomes));
  for (const auto& [registry, counts] : by_registry(outcomes))
    out += fmt::format("| {} | {} |\n", registry, counts_text(counts));
  out +=
      "\n| bug | language | package | versions | result | what the bad version did | evidence |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const BugOutcome& outcome : outcomes) {
    const Bug& bug = outcome.bug;
    const std::string link = bug.sources.empty() ? markdown_escape(bug.name)
                                                 : fmt::format("[{}](<{}>)", markdown_escape(bug.name),
                                                               markdown_escape(bug.sources.front()));
    out += fmt::format(
        "| {}: {} | {} | {} | {} | {}{} | {} | {} |\n", link, markdown_escape(bug.title), language_of(bug),
        markdown_escape(package_of(bug)), markdown_escape(versions_of(bug)), to_string(outcome.finding),
        rounds_text(outcome), markdown_escape(told(outcome), kCell),
        outcome.evidence.empty()
            ? ""
            : fmt::format("{}: {}", markdown_escape(bug.case_id), markdown_escape(outcome.evidence, kCell)));
  }
  std::string rest;
  for (const BugOutcome& outcome : outcomes) {
    if (outcome.finding == BugVerdict::found) continue;
    rest += fmt::format("- {} ({}): {}", markdown_escape(outcome.bug.name), to_string(outcome.finding),
                        markdown_escape(outcome.why, 400));
    if (!outcome.repeat.empty()) rest += fmt::format(" Repeat: {}", reports::markdown_code(outcome.repeat));
    rest += "\n";
  }
  if (!rest.empty()) out += "\n## What is not found, and why\n" + rest;
  std::string beneath;
  for (const BugOutcome& outcome : outcomes) {
    if (outcome.also_differs.empty()) continue;
    beneath += fmt::format("- {}: {}\n", markdown_escape(outcome.bug.name),
                           markdown_escape(fmt::format("{}", fmt::join(outcome.also_differs, ", ")), 400));
  }
  if (!beneath.empty()) out += "\n## What else differs between the two sides\n" + beneath;
  return out;
}

std::string render_backtest_html(const std::vector<BugOutcome>& outcomes, const std::string& command) {
  using reports::xml_escape;
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Backtest</title><style>\n"
      "body{font:14px/1.45 system-ui,sans-serif;margin:2em;max-width:110em}table{border-collapse:collapse}\n"
      "td,th{border:1px solid #8886;padding:.3em .6em;text-align:left;vertical-align:top}\n"
      "td{overflow-wrap:anywhere}.found{color:#176f2c}.missed,.not-reproducible,.could-not-run{color:#b3261e}"
      "\n"
      "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8ab4f8}"
      ".found{color:#6bd089}.missed,.not-reproducible,.could-not-run{color:#ff8a80}}\n"
      "</style></head><body>\n";
  out += fmt::format("<h1>Backtest</h1><p>Made by <code>{}</code>: {}.</p>\n", xml_escape(command),
                     xml_escape(counts_of(outcomes)));
  out += "<table><tr><th>registry<th>result</tr>\n";
  for (const auto& [registry, counts] : by_registry(outcomes))
    out += fmt::format("<tr><td>{}<td>{}</tr>\n", xml_escape(registry), xml_escape(counts_text(counts)));
  out +=
      "</table><h2>Bugs</h2><table><tr><th>bug<th>language<th>package<th>versions<th>result<th>what the bad "
      "version did<th>evidence</tr>\n";
  for (const BugOutcome& outcome : outcomes) {
    const Bug& bug = outcome.bug;
    std::string sources;
    for (const std::string& url : bug.sources) {
      // A scheme that a browser would run is no source.
      if (!url.starts_with("https://") && !url.starts_with("http://")) continue;
      sources += fmt::format(" <a href=\"{}\">source</a>", xml_escape(url));
    }
    out +=
        fmt::format("<tr><td><b>{}</b><br>{}{}<td>{}<td>{}<td>{}<td class=\"{}\">{}{}<td>{}<td>{}{}</tr>\n",
                    xml_escape(bug.name), xml_escape(bug.title), sources, language_of(bug),
                    xml_escape(package_of(bug)), xml_escape(versions_of(bug)), to_string(outcome.finding),
                    to_string(outcome.finding), rounds_text(outcome), xml_escape(told(outcome)),
                    outcome.evidence.empty() ? "" : xml_escape(bug.case_id + ": " + outcome.evidence),
                    outcome.repeat.empty() ? "" : "<br><code>" + xml_escape(outcome.repeat) + "</code>");
  }
  return out + "</table></body></html>\n";
}

}  // namespace assay::conformance

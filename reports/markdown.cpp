#include "reports/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/record/topic.h"
#include "reports/seen.h"

namespace assay::reports {
namespace {

constexpr int kAnnotations = 10;

std::string judgement(const RunRecord& record) {
  if (!record.complete()) return "Incomplete";
  return record.footer->exit == 0 ? "All as expected" : "Failed";
}

std::string client_table(const RunRecord& record) {
  std::map<std::string, Tally> clients;
  Tally all;
  for (const CaseRecord& c : record.cases) clients[c.client].add(c), all.add(c);
  std::vector<Verdict> columns;
  for (int i = 0; i < kVerdicts; ++i)
    if (all.of(static_cast<Verdict>(i)) != 0) columns.push_back(static_cast<Verdict>(i));
  std::sort(columns.begin(), columns.end(), [](Verdict a, Verdict b) { return rank(a) < rank(b); });
  std::string out = "| client | cases |";
  std::string rule = "| --- | ---: |";
  for (const Verdict verdict : columns) {
    out += fmt::format(" {} |", to_string(verdict));
    rule += " ---: |";
  }
  out += "\n" + rule + "\n";
  for (const auto& [client, tally] : clients) {
    out += fmt::format("| {} | {} |", markdown_escape(client, 80), tally.total);
    for (const Verdict verdict : columns) out += fmt::format(" {} |", tally.of(verdict));
    out += "\n";
  }
  return out;
}

// How many cases of each topic need a look, by client.
std::string topic_table(const std::vector<const CaseRecord*>& cases) {
  const auto groups = by_topic(cases);
  if (cases.size() < 2 || (groups.size() == 1 && groups.front().first.empty())) return {};
  std::string out = "| what to fix | cases | clients |\n| --- | ---: | --- |\n";
  for (const auto& [topic, count] : groups) {
    std::set<std::string> clients;
    for (const CaseRecord* c : cases)
      if (topic_rank(c->topic) == topic_rank(topic)) clients.insert(markdown_escape(c->client, 80));
    out += fmt::format("| {} | {} | {} |\n", topic_title(topic), count, fmt::join(clients, ", "));
  }
  return out + "\n";
}

// ": [openai/codex#1](…), …", three at most.
std::string sources_of(const Seen& seen) {
  std::string out;
  int shown = 0;
  for (const SeenSource& source : seen.sources) {
    if (source.url.empty() || ++shown > 3) continue;
    out += fmt::format("{}[{}]({})", out.empty() ? ": " : ", ", source.name, source.url);
  }
  return out;
}

std::string case_block(const CaseRecord& c) {
  std::string out = fmt::format("### {}: {}\n\n", to_string(c.verdict), markdown_escape(c.name, 300));
  out +=
      fmt::format("{} · {} · {}\n\n", c.level, markdown_escape(c.client, 80), markdown_escape(c.title, 300));
  if (!c.reason.empty()) out += fmt::format("- why: {}\n", markdown_escape(c.reason, 500));
  if (!c.topic.empty()) out += fmt::format("- what to fix: {}\n", topic_title(c.topic));
  if (!c.requirement.empty()) out += fmt::format("- requirement: {}\n", markdown_escape(c.requirement, 500));
  int shown = 0;
  for (const Check* check : failed_checks(c)) {
    if (++shown > 3) break;
    out += fmt::format("- {}: expected {}, observed {}\n", markdown_escape(check->name, 80),
                       markdown_code(check->expected, 400), markdown_code(check->observed, 400));
    for (const std::string& line : evidence(c, *check, 3))
      out += fmt::format("  - {}\n", markdown_code(line, 300));
  }
  for (const std::string& source : c.seen_in) {
    const Seen* seen = find_seen(source);
    out += fmt::format("- seen in {}{}\n", markdown_escape(source, 200),
                       seen == nullptr ? "" : sources_of(*seen));
  }
  if (!c.command.empty()) out += fmt::format("- repeat: {}\n", markdown_code(c.command));
  return out + "\n";
}

// docs.github.com, "Workflow commands": data escapes %, CR and LF; properties escape ':' and ',' too.
std::string command_escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string markdown_escape(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : one_line(text, limit)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (std::string_view("\\`*_[]#|~!@").find(c) != std::string_view::npos)
      out += fmt::format("\\{}", c);
    else
      out += c;
  }
  return out;
}

std::string markdown_code(std::string_view text, std::size_t limit) {
  const std::string line = one_line(text, limit);
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : line) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return line.empty() ? "(nothing)" : fmt::format("{} {} {}", fence, line, fence);
}

std::string render_markdown(const RunRecord& record, std::size_t limit) {
  const Tally all = tally(record);
  std::string out = fmt::format("# {}: {}\n\n", judgement(record), describe(all));
  for (const std::string& note : record.notes) out += fmt::format("> {}\n\n", markdown_escape(note, 300));
  const std::vector<const CaseRecord*> cases = attention(record);
  out += topic_table(cases);
  std::string end = "\n" + client_table(record) + "\n";
  end += fmt::format("{} cases, {}, seed {}, assay {}\n", all.total,
                     markdown_escape(clients_line(record.header), 2000), record.header.seed,
                     markdown_escape(record.header.assay));
  constexpr std::size_t kRest = 200;  // the line that says what is left out
  std::size_t shown = 0;
  for (; shown < cases.size(); ++shown) {
    std::string block = case_block(*cases[shown]);
    if (out.size() + block.size() + end.size() + kRest > limit) break;
    out += block;
  }
  if (shown < cases.size())
    out += fmt::format("… and {} more; the run record has them all.\n", cases.size() - shown);
  out += end;
  if (out.size() > limit) out = fmt::format("# {}: {}\n", judgement(record), describe(all));
  return out;
}

std::string render_github(const RunRecord& record) {
  std::string out;
  int errors = 0;
  int warnings = 0;
  for (const CaseRecord* c : attention(record)) {
    const bool error = c->level == "must";
    int& count = error ? errors : warnings;
    if (count == kAnnotations) continue;
    ++count;
    std::string message = one_line(c->reason, 400);
    for (const Check* check : failed_checks(*c)) {
      message += fmt::format("\n{}: expected {}, observed {}", one_line(check->name),
                             one_line(check->expected, 200), one_line(check->observed, 200));
    }
    if (!c->command.empty()) message += "\nrepeat: " + one_line(c->command);
    out += fmt::format(
        "::{} title={}::{}\n", error ? "error" : "warning",
        command_escape(one_line(fmt::format("{}: {} ({})", to_string(c->verdict), c->name, c->client), 200),
                       true),
        command_escape(message, false));
  }
  std::string summary = fmt::format("{}: {}", judgement(record), describe(tally(record)));
  for (const std::string& note : record.notes) summary += fmt::format("\n{}", one_line(note, 200));
  return out + fmt::format("::notice title=assay::{}\n", command_escape(summary, false));
}

std::string render_badge(const RunRecord& record) {
  const Tally all = tally(record);
  const std::uint64_t applicable = all.total - all.of(Verdict::not_applicable);
  const std::uint64_t passed = all.of(Verdict::pass);
  std::string message = fmt::format("{} of {}", passed, applicable);
  std::string color = passed == applicable ? "brightgreen" : "green";
  if (!record.complete())
    message = "incomplete", color = "lightgrey";
  else if (record.footer->exit != 0)
    color = "red";
  const nlohmann::ordered_json badge = {
      {"schemaVersion", 1}, {"label", "assay"}, {"message", message}, {"color", color}};
  return badge.dump() + "\n";
}

}  // namespace assay::reports

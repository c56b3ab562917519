// Console and Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/visible.h"
#include "probe/report/report.h"
#include "probe/report/table.h"

namespace assay::probe {
namespace {

const char* color_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "\x1b[32m";
    case Verdict::fail:
    case Verdict::xpass:
      return "\x1b[31m";
    case Verdict::warn:
      return "\x1b[33m";
    default:
      return "\x1b[2m";
  }
}

// A cell of a Markdown table, or a line of a list: no markup of a stranger.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : visible(text)) {
    if (std::string_view("\\`*_{}[]<>|#").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string console_line(const CheckResult& result, bool color) {
  std::string verdict = fmt::format("{:<12}", to_string(result.verdict));
  if (color) verdict = color_of(result.verdict) + verdict + "\x1b[0m";
  std::string rate;
  if (result.model_decides) rate = fmt::format(" ({}/{})", result.held, result.plays);
  std::string out =
      fmt::format("{} {:<6} {}{}  {}\n", verdict, to_string(result.level), result.id, rate, result.title);
  if (result.verdict != Verdict::pass) out += fmt::format("             {}\n", visible(result.sentence));
  return out;
}

std::string overcount(const ProbeResult& result) {
  if (result.counted <= result.spent.tokens) return {};
  return fmt::format("{} counts {} tokens where {} were allowed (whole/usage-within): {} too many",
                     result.name(), result.counted, result.spent.tokens,
                     result.counted - result.spent.tokens);
}

std::string console_summary(const ProbeResult& result) {
  std::string out, counts;
  for (const CheckResult* check : by_rank(result))
    if (check->verdict == Verdict::fail || check->verdict == Verdict::xpass ||
        check->verdict == Verdict::warn)
      out += fmt::format("{:<6} {:<6} {}  {}\n", to_string(check->verdict), to_string(check->level),
                         check->id, check->title);
  for (const Verdict verdict : kVerdicts)
    if (const std::size_t count = result.count(verdict); count > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : " · ", count, to_string(verdict));
  out += fmt::format("{}: {} checks: {}\n{} requests and {} tokens of at most {} and {}, {:.1f} s\n",
                     visible(result.name()), result.checks.size(), counts, result.spent.requests,
                     result.spent.tokens, result.limit.requests, result.limit.tokens,
                     static_cast<double>(result.milliseconds) / 1000);
  if (const std::string more = overcount(result); !more.empty()) out += visible(more) + "\n";
  return out;
}

std::string console_plan(const std::vector<PlannedCheck>& plan, const Target& target) {
  std::string out;
  std::size_t width = 0;
  for (const PlannedCheck& planned : plan) width = std::max(width, planned.check.id.size());
  for (const PlannedCheck& planned : plan)
    out += fmt::format("{:<{}}  {:<6} {:>3} requests {:>6} tokens  {}\n", planned.check.id, width,
                       to_string(planned.check.level), planned.most.requests, planned.most.tokens,
                       planned.check.title);
  const Cost all = most_of(plan);
  out += fmt::format("{} checks of {} ({}): {} requests, {} tokens at most\n", plan.size(),
                     visible(target.name()), protocol_name(target.protocol), all.requests, all.tokens);
  return out;
}

std::string render_markdown(const Report& report) {
  std::string out =
      fmt::format("# What the endpoints keep\n\nassay {}, {}\n\n", report.assay, report.started);
  out += "| check | level |";
  std::string rule = "| --- | --- |";
  for (const ProbeResult& result : report.results) {
    out += fmt::format(" {} {} {} |", plain(result.endpoint), result.protocol, plain(result.model));
    rule += " --- |";
  }
  out += "\n" + rule + "\n";
  for (const Row& row : rows_of(report)) {
    out += fmt::format("| {} | {} |", row.id, to_string(row.level));
    for (const CheckResult* cell : row.cells)
      out += fmt::format(" {} |", cell == nullptr ? "" : cell_text(*cell));
    out += "\n";
  }
  for (const ProbeResult& result : report.results) {
    out += fmt::format("\n## {} {} {}\n\n{} requests, {} tokens.\n", plain(result.endpoint), result.protocol,
                       plain(result.model), result.spent.requests, result.spent.tokens);
    if (const std::string more = overcount(result); !more.empty()) out += "\n" + plain(more) + ".\n";
    for (const CheckResult* check : by_rank(result))
      if (check->verdict != Verdict::pass)
        out += fmt::format("\n- **{}** {} ({}, {}): {}{}\n", to_string(check->verdict), check->id,
                           to_string(check->level), plain(check->title), plain(check->sentence),
                           check->known.empty() ? "" : " Known: " + plain(check->known));
  }
  if (!report.notes.empty()) out += "\n## Notes\n\n";
  for (const std::string& note : report.notes) out += "- " + plain(note) + "\n";
  return out;
}

}  // namespace assay::probe

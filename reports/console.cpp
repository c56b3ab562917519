#include "reports/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "reports/record/topic.h"

namespace assay::reports {
namespace {

// SGR parameters (ECMA-48 section 8.3.117).
std::string_view color_of(Verdict verdict) {
  if (is_green(verdict)) return "32";
  if (verdict == Verdict::flaky || verdict == Verdict::could_not_run) return "33";
  if (verdict == Verdict::not_applicable) return "2";
  return "31";
}

std::string paint(const ConsoleStyle& style, std::string_view sgr, std::string_view text) {
  return style.color ? fmt::format("\x1b[{}m{}\x1b[0m", sgr, text) : std::string(text);
}

std::size_t columns(const ConsoleStyle& style, int indent) {
  return static_cast<std::size_t>(std::max(20, style.width - indent));
}

// The bytes of the first `limit` characters of `text`.
std::size_t prefix_length(std::string_view text, std::size_t limit) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U && characters++ == limit) return i;
  }
  return text.size();
}

std::string headline(const ConsoleStyle& style, const CaseRecord& c) {
  const std::string mark = fmt::format("{:<7}", to_string(c.verdict));
  return fmt::format("{} {}  {}", paint(style, color_of(c.verdict), mark),
                     paint(style, "1", one_line(c.name)),
                     paint(style, "2", one_line(fmt::format("{} · {}", c.level, c.client))));
}

// "        expected  text", over at most three lines of the width.
void put_field(std::vector<std::string>& out, const ConsoleStyle& style, std::string_view name,
               std::string_view text) {
  constexpr int kIndent = 18;
  constexpr std::size_t kLines = 3;
  const std::size_t width = columns(style, kIndent + 1);
  std::string_view label = name;
  const std::string line = one_line(text, width * kLines - 1);
  for (std::size_t begin = 0; begin < line.size() || begin == 0;) {
    const std::size_t end = begin + prefix_length(std::string_view(line).substr(begin), width);
    out.push_back(fmt::format("        {} {}", paint(style, "2", fmt::format("{:<9}", label)),
                              line.substr(begin, end - begin)));
    label = "";
    begin = std::max(end, begin + 1);
  }
}

std::vector<std::string> block(const ConsoleStyle& style, const CaseRecord& c) {
  std::vector<std::string> out = {headline(style, c)};
  if (!c.title.empty()) out.push_back(fmt::format("        {}", one_line(c.title, columns(style, 9))));
  const auto failed = failed_checks(c);
  // Often the reason is what the first check observed, with or without a hint.
  std::string_view why = c.reason;
  if (!failed.empty() && !failed.front()->observed.empty() && why.starts_with(failed.front()->observed)) {
    why.remove_prefix(failed.front()->observed.size());
    why.remove_prefix(std::min(why.find_first_not_of(' '), why.size()));
  }
  if (!why.empty())
    put_field(out, style, why.starts_with("Hint: ") ? "hint" : "why",
              why.starts_with("Hint: ") ? why.substr(6) : why);
  if (c.verdict == Verdict::xpass && c.known)
    put_field(out, style, "known", "listed as a known failure: remove the entry");
  if (!failed.empty()) {
    const Check& check = *failed.front();
    const std::string more = failed.size() == 1 ? "" : fmt::format(" (and {} more)", failed.size() - 1);
    put_field(out, style, "check", check.name + more);
    if (!check.expected.empty()) put_field(out, style, "expected", check.expected);
    if (!check.observed.empty()) put_field(out, style, "observed", check.observed);
    for (const std::string& line : evidence(c, check, 2)) put_field(out, style, "evidence", line);
  }
  // Never cut: it is there to be copied.
  if (!c.command.empty())
    out.push_back(fmt::format("        {} {}", paint(style, "2", "repeat   "), one_line(c.command)));
  return out;
}

// "Reading the bytes of a stream 3, Retries and waiting 1"; empty where nothing is to be grouped.
std::string to_fix(const std::vector<const CaseRecord*>& cases) {
  const auto groups = by_topic(cases);
  if (cases.size() < 2 || (groups.size() == 1 && groups.front().first.empty())) return {};
  std::string out;
  for (const auto& [topic, count] : groups)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", topic_title(topic), count);
  return out;
}

std::string verdict_line(const ConsoleStyle& style, const RunRecord& record, bool needs_attention) {
  if (!record.complete()) return paint(style, "1;33", "INCOMPLETE");
  const bool failed = record.footer->exit != 0;
  std::string text = failed ? fmt::format("FAILED (exit {})", record.footer->exit) : "OK";
  if (!failed && needs_attention) text += " (what is listed above does not count)";
  return paint(style, failed ? "1;31" : "1;32", text);
}

}  // namespace

ConsoleStyle console_style(int fd) {
  const auto text = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  ConsoleStyle style;
  if (isatty(fd) == 0 || text("TERM") == "dumb") return style;
  style.live = true;
  style.color = text("NO_COLOR").empty();
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    style.width = size.ws_col;
    style.height = std::max<int>(size.ws_row, 20);
  }
  return style;
}

Progress::Progress(ConsoleStyle style, std::uint64_t planned, Sink sink)
    : style_(style), planned_(planned), sink_(std::move(sink)) {}

void Progress::update(const CaseRecord& record) {
  tally_.add(record);
  const bool notable = is_red(record.verdict) || record.verdict == Verdict::could_not_run;
  const std::string counts = fmt::format("{}/{}  {}", tally_.total, planned_, describe(tally_));
  if (notable) {
    finish();
    sink_(headline(style_, record) + "\n");
  }
  if (style_.live) {
    // Ten times a second is as fast as anyone reads.
    const auto now = std::chrono::steady_clock::now();
    if (!notable && shown_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    shown_ = true;
    sink_("\r\x1b[K" + one_line(fmt::format("{}  {}", counts, record.name), columns(style_, 2)));
    return;
  }
  const std::uint64_t tenth = planned_ == 0 ? 0 : tally_.total * 10 / planned_;
  if (tenth != tenth_) sink_(counts + "\n");
  tenth_ = tenth;
}

void Progress::finish() {
  if (shown_) sink_("\r\x1b[K");
  shown_ = false;
}

std::string render_console(const RunRecord& record, const ConsoleStyle& style,
                           const std::string& record_path) {
  const std::vector<const CaseRecord*> cases = attention(record);
  std::string out;
  // The last lines are kept for what follows the cases.
  int left = style.height - 5 - (to_fix(cases).empty() ? 0 : 1) - static_cast<int>(record.notes.size());
  std::size_t shown = 0;
  for (; shown < cases.size(); ++shown) {
    std::vector<std::string> lines = block(style, *cases[shown]);
    // In full while there is room; the first is always in full. Then by name.
    if (shown != 0 && static_cast<int>(lines.size()) > left) lines.resize(1);
    if (shown != 0 && left < 1) break;
    for (const std::string& line : lines) out += line + "\n";
    left -= static_cast<int>(lines.size());
  }
  if (shown < cases.size()) {
    out += fmt::format("… and {} more: assay report render {} --format html --out report.html\n",
                       cases.size() - shown, one_line(record_path));
  }
  if (!cases.empty()) out += "\n";
  if (const std::string groups = to_fix(cases); !groups.empty())
    out += one_line("to fix: " + groups, columns(style, 0)) + "\n";
  for (const std::string& note : record.notes) out += paint(style, "33", "note: " + one_line(note)) + "\n";
  if (!record.header.without_cells.empty())
    out += paint(style, "33", "note: without cells: " + one_line(record.header.without_cells)) + "\n";
  const std::int64_t elapsed = record.footer ? record.footer->duration_us : tally(record).duration_us;
  out += fmt::format("{}  {}\n", verdict_line(style, record, !cases.empty()), describe(tally(record)));
  out += paint(style, "2",
               one_line(fmt::format("{} cases, {}, seed {}, assay {}, {}", record.cases.size(),
                                    clients_line(record.header), record.header.seed, record.header.assay,
                                    human_time(elapsed)),
                        columns(style, 0))) +
         "\n";
  return out;
}

}  // namespace assay::reports

#include "conformance/runner/race/timeline.h"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

std::string plain_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : value.dump();
}

JournalKind kind_named(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(JournalKind::note); ++i) {
    if (to_string(static_cast<JournalKind>(i)) == name) return static_cast<JournalKind>(i);
  }
  return JournalKind::note;
}

JournalEntry entry_from(const json& in) {
  JournalEntry out;
  out.seq = in.value("seq", std::uint64_t{0});
  out.at = Micros(in.value("t_us", std::int64_t{0}));
  out.actor = in.value("actor", "");
  out.kind = kind_named(in.value("kind", ""));
  out.connection = in.value("connection", std::uint64_t{0});
  out.exchange = in.value("exchange", std::uint64_t{0});
  out.text = plain_text(in.value("text", json("")));
  out.status = in.value("status", 0);
  out.bytes = in.value("bytes", std::uint64_t{0});
  out.detail = in.value("detail", json());
  if (in.contains("request")) {
    Request request;
    request.method = plain_text(in["request"].value("method", json("")));
    request.target = plain_text(in["request"].value("target", json("")));
    request.body = plain_text(in["request"].value("body", json("")));
    for (const json& header : in["request"].value("headers", json::array()))
      request.headers.push_back({plain_text(header.at(0)), plain_text(header.at(1))});
    out.request = std::make_shared<const Request>(std::move(request));
  }
  return out;
}

bool worth_a_line(const JournalEntry& entry) {
  switch (entry.kind) {
    case JournalKind::request:
    case JournalKind::bad_request:
    case JournalKind::response:
    case JournalKind::timeout:
    case JournalKind::fault:
    case JournalKind::unclaimed:
    case JournalKind::unconfirmed_cut:
    case JournalKind::action:
      return true;
    case JournalKind::note:
      return !entry.detail.is_object() || !entry.detail.contains("sent");
    case JournalKind::connect:
      return entry.actor == "browser";
    case JournalKind::peer_closed:
      return entry.text.find("between requests") == std::string::npos;
    default:
      return false;
  }
}

// What was asked in each exchange, so that an answer can say so.
using Asked = std::map<std::uint64_t, std::string>;

std::string what_happened(const JournalEntry& entry, const Asked& asked) {
  const auto of_exchange = asked.find(entry.exchange);
  std::string text = entry.text;
  switch (entry.kind) {
    case JournalKind::connect:
      return "connects to " + text;
    case JournalKind::response:
      if (text.empty())
        text = fmt::format("{} to {}", entry.status == 0 ? "an answer" : std::to_string(entry.status),
                           of_exchange == asked.end() ? "?" : of_exchange->second);
      return text;
    case JournalKind::fault:
      return fmt::format("fault {} {}{}", text, entry.detail.dump(),
                         of_exchange == asked.end() ? "" : " on " + of_exchange->second);
    case JournalKind::unclaimed:
      return "nobody knows " + text;
    case JournalKind::bad_request:
    case JournalKind::timeout:
    case JournalKind::unconfirmed_cut:
    case JournalKind::peer_closed:
      return fmt::format("{}: {}", to_string(entry.kind), text);
    default:
      break;
  }
  if (entry.detail.is_object()) {
    if (entry.detail.contains("actor")) text = plain_text(entry.detail["actor"]) + ": " + text;
    if (entry.detail.contains("error")) {
      const json& error = entry.detail["error"];
      text += ": " + (error.is_object() ? error.value("message", "") : plain_text(error));
      if (error.is_object() && error.contains("category")) text += " (" + plain_text(error["category"]) + ")";
    } else if (entry.detail.contains("ok")) {
      text += entry.detail["ok"] == true ? ": ok" : ": not ok";
    } else if (entry.detail.contains("pending")) {
      std::string others;
      for (const json& one : entry.detail["pending"])
        if (one != entry.detail["choice"]) others += (others.empty() ? "" : ", ") + plain_text(one);
      if (!others.empty()) text += "; " + others + " wait";
    }
  }
  return text;
}

std::string asked_by(const Request& request) {
  return request.method + " " + std::string(target_path(request.target));
}

std::string cut_to(std::string text, std::size_t width) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (text.size() <= width) return text;
  std::size_t end = width - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

Entries entries_of(const CaseRecord& record) {
  Entries out;
  const json journal = parse_untrusted(record.journal, max_record_depth);
  if (!journal.is_array()) return out;
  for (const json& entry : journal) out.push_back(std::make_shared<const JournalEntry>(entry_from(entry)));
  return out;
}

std::string TimelineLines::next(const JournalEntry& entry) {
  constexpr std::size_t kActors = 12;
  if (!start_) start_ = entry.at;
  if (entry.kind == JournalKind::request && entry.request) asked_[entry.exchange] = asked_by(*entry.request);
  if (!worth_a_line(entry)) return {};
  const std::string head =
      fmt::format("{:>8.1f} s  {}", static_cast<double>((entry.at - *start_).count()) / 1e6,
                  entry.actor == "client" ? "" : fmt::format("  | {:<{}}  ", entry.actor, kActors));
  std::string out =
      head + cut_to(what_happened(entry, asked_), style_.width - std::min(head.size(), style_.width - 20)) +
      "\n";
  if (!entry.detail.is_object() || !entry.detail.contains("screen")) return out;
  const std::string screen = plain_text(entry.detail["screen"]);
  for (const std::string_view row : split(screen, '\n'))
    out += fmt::format("{:>12}┃ {}\n", "", cut_to(std::string(row), style_.width));
  return out;
}

Timeline render_timeline(const CaseRecord& record, const TimelineMark& mark, const TimelineStyle& style) {
  const Entries entries = entries_of(record);
  const Entries found = select(mark.query, entries);
  const std::uint64_t marked = found.empty() ? 0 : found.front()->seq;
  Timeline out;
  out.marked = marked != 0;
  Asked asked;
  std::size_t actors = 12;
  for (const auto& entry : entries) {
    if (entry->kind == JournalKind::request && entry->request)
      asked[entry->exchange] = asked_by(*entry->request);
    if (worth_a_line(*entry)) actors = std::max(actors, entry->actor.size());
  }
  const Micros start = entries.empty() ? Micros(0) : entries.front()->at;
  for (const auto& entry : entries) {
    const bool here = entry->seq == marked;
    if (!here && !worth_a_line(*entry)) continue;
    const bool client = entry->actor == "client";
    const std::string head = fmt::format("{} {:>8.1f} ms  {}", here ? ">>" : "  ",
                                         static_cast<double>((entry->at - start).count()) / 1e3,
                                         client ? "" : fmt::format("  | {:<{}}  ", entry->actor, actors));
    const std::string line =
        cut_to(what_happened(*entry, asked), style.width - std::min(head.size(), style.width - 20));
    out.text += style.color && here ? "\033[1;31m" + head + line + "\033[0m\n" : head + line + "\n";
    if (here) out.text += fmt::format("   {:>8}     ^ {}\n", "", mark.says);
  }
  return out;
}

}  // namespace assay::conformance
